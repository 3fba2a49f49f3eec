"""ML Metadata's store, and one in a file. (TFX is not imported.)"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TypeAlias

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from widedeep.components.metadata.database_file import bring_up_to_date, check

Artifact: TypeAlias = metadata_store_pb2.Artifact
Event: TypeAlias = metadata_store_pb2.Event
Execution: TypeAlias = metadata_store_pb2.Execution
Store: TypeAlias = metadata_store.MetadataStore


def open_file(path: Path, to_write: bool = False) -> Store:
    """The store in a SQLite file, which is there; to write, one of an older version is migrated.

    Raises:
        WideDeepError: it is of another version, or damaged (see `database_file.check`).
    """
    if not to_write:
        check(path)
    elif kept := bring_up_to_date(path):
        logging.warning("%s is of an earlier version: migrated, and kept as it was in %s", path, kept)
    modes = metadata_store_pb2.SqliteMetadataSourceConfig
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(path)
    config.sqlite.connection_mode = modes.READWRITE if to_write else modes.READONLY
    return metadata_store.MetadataStore(config)
