"""Connections to ML Metadata as TFX takes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata

from widedeep.components.metadata.store import Store

Connection: TypeAlias = metadata_store_pb2.ConnectionConfig


def sqlite_connection(path: Path) -> Connection:
    """To a SQLite file, which is made where there is none."""
    connection: Connection = metadata.sqlite_metadata_connection_config(str(path))
    return connection


def no_connection() -> Connection:
    """For a pipeline whose database only those who launch its nodes know."""
    return Connection()


def handle(connection: Connection) -> metadata.Metadata:
    """What TFX's launcher takes, not connected yet."""
    return metadata.Metadata(connection)


@contextmanager
def open_store(connection: Connection) -> Iterator[Store]:
    """The store, for as long as the context is open."""
    with handle(connection) as metadata_handle:
        yield metadata_handle.store
