"""A metadata database that can't be built on is recognised; an older one is migrated, and a copy of it kept."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb

from widedeep.components.common.errors import WideDeepError
from widedeep.components.metadata import database_file
from widedeep.components.metadata.database_file import OlderDatabaseError, check, migrate
from widedeep.components.metadata.store import open_file

REMEDY = (
    "Put back a copy of the file; or move it and the folder artifacts beside it away, and run everything anew: the "
    "pushed versions stay, and the next one gets the next number."
)


def connection(path: Path) -> pb.ConnectionConfig:
    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = str(path)
    config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    return config


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT schema_version FROM MLMDEnv").fetchone()[0])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with one artifact."""
    store = metadata_store.MetadataStore(connection(tmp_path / "metadata.sqlite"))
    kind = store.put_artifact_type(pb.ArtifactType(name="Model"))
    store.put_artifacts([pb.Artifact(type_id=kind, uri="models/1")])
    return tmp_path / "metadata.sqlite"


def altered(statement: str) -> Callable[[Path], None]:
    def alter(path: Path) -> None:
        with closing(sqlite3.connect(path)) as database, database:
            database.execute(statement)

    return alter


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def overwritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(bytes(20000))


def text(path: Path) -> None:
    path.write_text("no database at all")


def foreign(path: Path) -> None:
    path.unlink()
    altered("CREATE TABLE t (a)")(path)


DAMAGE = {
    "cut_short": (cut_short, "database disk image is malformed"),
    "overwritten": (overwritten, r"\S.*"),
    "text": (text, "file is not a database"),
    "foreign": (foreign, "it is no whole database of ML Metadata"),
    "without_a_table": (altered("DROP TABLE Event"), "tables are missing"),
    "without_its_version": (altered("DELETE FROM MLMDEnv"), "it is no whole database of ML Metadata"),
    "without_the_version_s_table": (altered("DROP TABLE MLMDEnv"), "it is no whole database of ML Metadata"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_told_with_the_remedy_and_nothing_is_changed(name: str, path: Path) -> None:
    damage, why = DAMAGE[name]
    damage(path)
    before = path.read_bytes()
    with pytest.raises(WideDeepError, match=rf"^{path}: the metadata are damaged: {why}\. {REMEDY}$"):
        check(path)
    with pytest.raises(WideDeepError, match="the metadata are damaged"):
        open_file(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_good_one_and_an_empty_one_pass(path: Path, tmp_path: Path) -> None:
    check(path)
    (tmp_path / "empty").touch()
    check(tmp_path / "empty")


def test_a_newer_one_is_told(path: Path) -> None:
    altered(f"UPDATE MLMDEnv SET schema_version = {version(path) + 1}")(path)
    with pytest.raises(WideDeepError) as caught:
        check(path)
    assert type(caught.value) is WideDeepError
    assert str(caught.value) == (
        f"{path}: is of version 11 of ML Metadata's tables, and what is installed writes version 10, which is earlier. "
        "Run the widedeep that wrote it, or a newer one; or give this one another --workdir."
    )


# The first has no table with its version.
@pytest.mark.parametrize("earlier", [0, 4, 9])
def test_an_older_one_is_migrated_and_a_copy_is_kept(earlier: int, path: Path) -> None:
    metadata_store.downgrade_schema(connection(path), earlier)
    with pytest.raises(OlderDatabaseError, match=f"is of version {earlier} of ML Metadata's tables, .* version 10"):
        check(path)
    with closing(sqlite3.connect(path)) as database:
        rows = list(database.iterdump())
    kept = migrate(path)
    assert kept == path.with_name(f"metadata.sqlite.version-{earlier}")
    with closing(sqlite3.connect(kept)) as database:
        assert list(database.iterdump()) == rows
    check(path)
    assert [artifact.uri for artifact in open_file(path).get_artifacts()] == ["models/1"]
    assert {file.name for file in path.parent.iterdir()} == {path.name, kept.name}


def test_who_writes_migrates_it(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A rollback after an upgrade, say."""
    metadata_store.downgrade_schema(connection(path), 7)
    with pytest.raises(OlderDatabaseError, match="`widedeep run` migrates it"):
        open_file(path)
    assert [artifact.uri for artifact in open_file(path, to_write=True).get_artifacts()] == ["models/1"]
    assert f"{path} is of an earlier version: migrated, and kept as it was in {path}.version-7" in caplog.text


def test_one_that_cant_be_migrated_stays_as_it_was(path: Path) -> None:
    """It says that it is older than it is."""
    altered("UPDATE MLMDEnv SET schema_version = 9")(path)
    before = path.read_bytes()
    with pytest.raises(WideDeepError, match=r"damaged: they can't be migrated from version 9: .*duplicate column name"):
        migrate(path)
    assert path.read_bytes() == before


def test_a_migration_that_is_killed_has_changed_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata_store.downgrade_schema(connection(path), 7)
    before = path.read_bytes()

    def killed(half: Path, **_: object) -> None:
        half.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(database_file, "_open", killed)
    with pytest.raises(KeyboardInterrupt):
        migrate(path)
    assert path.read_bytes() == before
    monkeypatch.undo()
    migrate(path)
    check(path)


def test_one_that_cant_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "metadata.sqlite").mkdir()
    with pytest.raises(WideDeepError, match=r"metadata\.sqlite: the metadata can't be opened: unable to open database"):
        check(tmp_path / "metadata.sqlite")
