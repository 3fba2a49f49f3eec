"""The metadata database of a working directory, before anyone relies on it: whole, and of the installed version.

ML Metadata numbers the versions of its tables. An older database can be migrated, but a newer one can't be read.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from widedeep.components.common.errors import WideDeepError, reason

# Of ML Metadata's tables those that its first version has, whose databases bear no number.
_FIRST = {"Artifact", "Event", "Execution", "Type"}
_OTHER_VERSION = re.compile(r"database version (\d+) is (older|greater) than library version (\d+)")


class OlderDatabaseError(WideDeepError):
    """The database is of an earlier version of ML Metadata, to which it can be migrated."""


def check(path: Path) -> None:
    """Looks at a database that is there; changes nothing.

    Raises:
        OlderDatabaseError: see there.
        WideDeepError: it is newer, or damaged, or can't be opened; the message names the remedy.
    """
    version = _version(path)
    if version is None:
        return
    try:
        _open(path)
    except RuntimeError as error:
        other = _OTHER_VERSION.search(str(error))
        if other is None:
            raise _damaged(path, "tables are missing" if "subset of tables" in str(error) else str(error)) from None
        made = (
            f"{path}: is of version {other[1]} of ML Metadata's tables, and what is installed writes version {other[3]}"
        )
        if other[2] == "older":
            raise OlderDatabaseError(f"{made}. `widedeep run` migrates it, and keeps a copy of what it was.") from None
        raise WideDeepError(
            f"{made}, which is earlier. Run the widedeep that wrote it, or a newer one; or give this one another "
            "--workdir."
        ) from None


def bring_up_to_date(path: Path) -> Path | None:
    """Looks at a database that is there, and migrates an older one.

    Returns:
        The copy of what an older one was, beside it; None of one of today's.

    Raises:
        WideDeepError: as `check` and `migrate`.
    """
    try:
        check(path)
    except OlderDatabaseError:
        return migrate(path)
    return None


def migrate(path: Path) -> Path:
    """Brings an older database to the version that is installed. It is replaced at once, or not at all.

    Returns:
        The copy of what it was, beside it.

    Raises:
        WideDeepError: it can't be migrated, and is as it was.
    """
    version = _version(path)
    kept = path.with_name(f"{path.name}.version-{version}")
    new = path.with_name(f"{path.name}.migrating")
    try:
        _copy(path, new)
        os.replace(new, kept)
        _copy(kept, new)
        _open(new, migrate=True)
        os.replace(new, path)
    except (OSError, RuntimeError, sqlite3.Error) as error:
        raise _damaged(path, f"they can't be migrated from version {version}: {error}") from None
    finally:
        new.unlink(missing_ok=True)
    return kept


def _copy(path: Path, to: Path) -> None:
    """Whole, though the last changes may lie in a file beside the database."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


def _open(path: Path, migrate: bool = False) -> None:
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(path)
    modes = metadata_store_pb2.SqliteMetadataSourceConfig
    config.sqlite.connection_mode = modes.READWRITE if migrate else modes.READONLY
    metadata_store.MetadataStore(config, enable_upgrade_migration=migrate)


def _version(path: Path) -> int | None:
    """The version of a database's tables; None where it has none yet.

    Raises:
        WideDeepError: it is no whole database of ML Metadata.
    """
    try:
        # A connection to write, since what a killed run has left of a change is taken back first.
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as database:
            [first, *_] = database.execute("PRAGMA quick_check(1)").fetchone()
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            rows = database.execute("SELECT schema_version FROM MLMDEnv").fetchall() if "MLMDEnv" in tables else []
    except sqlite3.OperationalError as error:
        if "malformed" not in str(error):
            raise WideDeepError(f"{path}: the metadata can't be opened: {reason(error)}.") from None
        raise _damaged(path, str(error)) from None
    except sqlite3.DatabaseError as error:
        raise _damaged(path, str(error)) from None
    if first != "ok":
        raise _damaged(path, first)
    if rows:
        return int(rows[0][0])
    if not tables:
        return None
    if tables >= _FIRST and "MLMDEnv" not in tables and "Context" not in tables:
        return 0
    raise _damaged(path, "it is no whole database of ML Metadata")


def _damaged(path: Path, why: str) -> WideDeepError:
    why = reason(" ".join(why.split()))
    return WideDeepError(
        f"{path}: the metadata are damaged: {why}. Put back a copy of the file; or move it and the folder artifacts "
        "beside it away, and run everything anew: the pushed versions stay, and the next one gets the next number."
    )
