"""The database's address, its password, and patience."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from ml_metadata import errors
from ml_metadata.metadata_store import metadata_store

from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.components.metadata.cluster import database as module
from widedeep.components.metadata.cluster.database import Database

SECRET = {"METADATA_USERNAME": "someone", "METADATA_PASSWORD": "hush-hush", "METADATA_DATABASE": "facts"}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


# ML Metadata lets no other thread run while it connects: the server is a process of its own.
SERVER = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1], flush=True)
    while True:
        server.accept()[0].close()
"""


@contextmanager
def listening() -> Iterator[int]:
    """A server that takes connections and knows no database's protocol."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.kill()


def test_a_server_that_says_nothing_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "2")
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ConfigError, match="refuses the connection"):
        Database(f"postgresql://127.0.0.1:{silent.getsockname()[1]}", SECRET, 0).open()


def test_postgresql_with_everything_from_the_secret() -> None:
    made = Database("postgresql://db:5433", SECRET, 0)
    postgresql = made.connection.postgresql
    assert (postgresql.host, postgresql.port) == ("db", "5433")
    assert (postgresql.user, postgresql.password, postgresql.dbname) == ("someone", "hush-hush", "facts")
    assert made.where == "postgresql://someone@db:5433/facts"


def test_mysql_with_what_the_address_says() -> None:
    made = Database("mysql://root%40x@db/other", SECRET, 0)
    mysql = made.connection.mysql
    assert (mysql.host, mysql.port, mysql.database) == ("db", 3306, "other")
    assert (mysql.user, mysql.password) == ("root@x", "hush-hush")


def test_the_password_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from a file \n")
    known = {"METADATA_PASSWORD_FILE": str(file)}
    assert Database("mysql://a@db/x", known, 0).connection.mysql.password == "from a file "
    known["METADATA_PASSWORD_FILE"] = str(tmp_path / "no")
    with pytest.raises(ConfigError, match=r"METADATA_PASSWORD_FILE=.*/no: can't be read: No such file or directory"):
        Database("mysql://a@db/x", known, 0)


def test_sqlite_is_a_path(tmp_path: Path) -> None:
    assert Database("sqlite:////var/m.db", {}, 0).connection.sqlite.filename_uri == "/var/m.db"
    assert Database("sqlite:///m.db", {}, 0).connection.sqlite.filename_uri == "m.db"
    with pytest.raises(WideDeepError, match="the metadata can't be opened"):
        Database(f"sqlite:///{tmp_path}/no/m.db", {}, 60).open()


@pytest.fixture
def half_made(tmp_path: Path) -> tuple[Path, Path]:
    """A database of which another process has made but some tables yet, and the whole one."""
    half, whole = tmp_path / "half.db", tmp_path / "whole.db"
    Database(f"sqlite:///{whole}", {}, 0).open()
    shutil.copy(whole, half)
    with closing(sqlite3.connect(half)) as connection:
        connection.execute("DROP TABLE Artifact")
    return half, whole


def test_a_file_whose_tables_are_just_made_is_waited_for(
    half_made: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    half, whole = half_made
    finished = threading.Timer(0.3, os.replace, (whole, half))
    finished.start()
    assert Database(f"sqlite:///{half}", {}, 30).open().get_artifacts() == []
    finished.join()
    assert "another process makes the metadata's tables, or some of them are missing" in capsys.readouterr().err


def test_a_file_that_stays_without_tables_is_told(half_made: tuple[Path, Path]) -> None:
    half, _ = half_made
    with pytest.raises(
        WideDeepError, match=f"{half}: another process .* missing: There are a subset of tables.* put back a copy"
    ):
        Database(f"sqlite:///{half}", {}, 0).open()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://a:hush-hush@db/x", "--metadata postgresql://a@db/x: holds a password"),
        ("oracle://a:hush-hush@db/x", "--metadata oracle://a@db/x: is no address of a database"),
        ("db:5432", "--metadata db:5432: is no address of a database"),
        ("sqlite://relative", "is no address of a database: sqlite:///PATH"),
        ("postgresql://a@db:port/x", "is no address: "),
        ("postgresql://a@/x", "names no host."),
        ("postgresql://db/x", "names no user, nor is METADATA_USERNAME set."),
        ("mysql://a@db", "names no database, nor is METADATA_DATABASE set."),
    ],
)
def test_wrong_addresses_are_told_without_the_password(url: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Database(url, {}, 0)
    assert says in str(caught.value)
    assert "hush-hush" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_database_that_does_not_answer(scheme: str, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    with pytest.raises(WideDeepError) as caught:
        Database(f"{scheme}://127.0.0.1:{port}", SECRET, 1.5).open()
    where = f"{scheme}://someone@127.0.0.1:{port}/facts"
    assert str(caught.value) == f"{where}: the metadata database does not answer: Connection refused."
    assert caught.value.exit_code == 1
    told = capsys.readouterr().err
    assert re.search(re.escape(str(caught.value)) + r" Trying again for [12] s\.", told)


def test_a_database_that_refuses_us(capsys: pytest.CaptureFixture[str]) -> None:
    with listening() as port, pytest.raises(ConfigError) as caught:
        Database(f"postgresql://127.0.0.1:{port}", SECRET, 0).open()
    assert "the metadata database answers, but refuses the connection: user, password or database is wrong" in str(
        caught.value
    )
    assert "METADATA_PASSWORD or METADATA_PASSWORD_FILE" in str(caught.value)
    assert "hush-hush" not in str(caught.value) + capsys.readouterr().err


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "MLMD database version 7 is older than library version 10. Schema migration is disabled. Please upgrade",
            "MLMD database version 7 is older than library version 10. A newer database needs the image that wrote it",
        ),
        (
            "MLMD database version 11 is greater than library version 10. Please upgrade the library",
            "MLMD database version 11 is greater than library version 10. A newer database needs the image",
        ),
    ],
)
def test_a_database_of_another_version_is_no_wrong_password(
    monkeypatch: pytest.MonkeyPatch, said: str, told: str
) -> None:
    def connect(self: Database) -> None:
        raise RuntimeError(said)

    monkeypatch.setattr(Database, "connect", connect)
    with pytest.raises(ConfigError) as caught:
        Database("postgresql://127.0.0.1:1", SECRET, 0).open()
    assert str(caught.value).startswith(f"postgresql://someone@127.0.0.1:1/facts: {told}")


def test_who_refuses_is_asked_for_less_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "_REFUSED_SECONDS", 0.0)
    with listening() as port, pytest.raises(ConfigError):
        Database(f"postgresql://127.0.0.1:{port}", SECRET, 4).open()
    assert "Trying again" not in capsys.readouterr().err


@pytest.mark.parametrize("failure", [errors.InternalError("gone"), errors.AbortedError("slower"), RuntimeError("gone")])
def test_a_call_is_repeated_when_the_database_was_away(
    database: Database, failure: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    failures = [failure, failure]

    def action() -> str:
        if failures:
            raise failures.pop()
        return "done"

    assert database.retry(action) == "done"
    assert capsys.readouterr().err.count(f"{database.where}: a call failed: {failure}. Trying it again.") == 2


def test_a_call_that_keeps_failing_fails(database: Database) -> None:
    calls = []

    def action() -> None:
        calls.append(1)
        raise errors.InternalError("always")

    with pytest.raises(errors.InternalError, match="always"):
        database.retry(action)
    assert len(calls) == 3


def test_other_errors_are_not_the_databases(database: Database) -> None:
    calls = []

    def action() -> None:
        calls.append(1)
        raise errors.InvalidArgumentError("wrong")

    with pytest.raises(errors.InvalidArgumentError):
        database.retry(action)
    assert calls == [1]


def test_a_connection_that_answers_is_kept(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    store = database.open()
    assert database.open() is store
    # What is not there is no failure.
    with pytest.raises(errors.NotFoundError):
        store.get_context_type("unheard of")
    assert database.open() is store
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(database.open).result() is not store
    assert database.open() is store
    monkeypatch.setattr(module, "_IDLE_SECONDS", 0.0)
    assert database.open() is not store


@pytest.mark.parametrize("failure", [errors.InternalError("gone"), RuntimeError("gone")])
def test_a_connection_that_failed_is_never_used_again(
    database: Database, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    store, calls = database.open(), []

    def fail(self: metadata_store.MetadataStore, name: str, *_: object) -> None:
        calls.append(name)
        raise failure

    with monkeypatch.context() as away:
        away.setattr(metadata_store.MetadataStore, "_call_method", fail)
        with pytest.raises(type(failure)):
            store.get_executions()
    second = database.open()
    assert second is not store
    assert calls == ["GetExecutions"]

    # One that dies while nobody asks.
    def dies(self: metadata_store.MetadataStore, name: str, *_: object) -> None:
        if self is second:
            raise failure
        real(self, name, *_)

    real = metadata_store.MetadataStore._call_method
    monkeypatch.setattr(metadata_store.MetadataStore, "_call_method", dies)
    assert database.open() is not second
    assert database.open().get_executions() == []
