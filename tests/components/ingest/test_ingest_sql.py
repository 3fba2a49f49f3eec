"""Queries as raw rows: SQLite here, and the servers that are installed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from database_servers import KINDS, PASSWORD, serving
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.common import progress
from widedeep.components.common.errors import ConfigError, DataError
from widedeep.components.features import FeatureSpec
from widedeep.components.ingest.raw_files import RowReader
from widedeep.components.ingest.sql.address import Address, address_in
from widedeep.components.ingest.sql.digest import RowsDigest
from widedeep.components.ingest.sql.query_rows import rows_digest
from widedeep.components.ingest.wanted_columns import Query

VARIABLE = "SHOP_DATABASE"
NAME = "data.splits.train"
Sql = Callable[[str], None]


def rows(spec: FeatureSpec, query: str, digest: str = "") -> list[dict[str, Any]]:
    read = RowReader("sql", spec).read(NAME, query=Query(query, VARIABLE, digest))
    return pa.Table.from_batches([each.batch for each in read]).to_pylist()


def refused(spec: FeatureSpec, query: str, digest: str = "") -> str:
    with pytest.raises(DataError) as caught:
        rows(spec, query, digest)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(scope="module", params=["sqlite", *KINDS])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Sql]]:
    """An address, and what executes statements there."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("sql") / "shop.db"
        connection = sqlite3.connect(path, isolation_level=None)
        yield f"sqlite:///{path}", lambda statement: connection.execute(statement) and None
        connection.close()
        return
    with serving(request.param) as server:
        kind, port = server.kind, server.port
        user = f"{kind}://widedeep:{PASSWORD}@127.0.0.1:{port}"
        if kind == "mysql":
            import pymysql

            with pymysql.connect(host="127.0.0.1", port=port, user="widedeep", password=PASSWORD) as connection:
                connection.autocommit(True)
                connection.cursor().execute("CREATE DATABASE shop CHARACTER SET utf8mb4")
                connection.select_db("shop")
                yield f"{user}/shop", lambda statement: connection.cursor().execute(statement) and None
            return
        dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi")
        with dbapi.connect(f"{user}/postgres", autocommit=True) as connection:

            def execute(statement: str) -> None:
                with connection.cursor() as cursor:
                    cursor.execute(statement)

            yield f"{user}/postgres", execute


@pytest.fixture
def execute(database: tuple[str, Sql], monkeypatch: pytest.MonkeyPatch) -> Iterator[Sql]:
    address, run = database
    monkeypatch.setenv(VARIABLE, address)
    run("DROP TABLE IF EXISTS clicks")
    run(
        "CREATE TABLE clicks (who VARCHAR(20), tags VARCHAR(99), age DOUBLE PRECISION, price DECIMAL(8, 2), "
        "clicked INTEGER, day DATE)"
    )
    yield run
    run("DROP TABLE clicks")


COLUMNS = "who AS user, tags, age, clicked AS label"
ONE = "INSERT INTO clicks VALUES ('Zoë', 'a|b', 7.5, 1.25, 1, '2026-11-01')"
NONE = "INSERT INTO clicks VALUES (NULL, NULL, NULL, NULL, 0, '2026-11-02')"


def quoted(database: tuple[str, Sql]) -> str:
    """`user` is a word of PostgreSQL's."""
    return COLUMNS.replace("AS user", 'AS "user"') if database[0].startswith("postgresql") else COLUMNS


def test_rows_of_a_query(execute: Sql, database: tuple[str, Sql], spec: FeatureSpec) -> None:
    execute(ONE)
    execute(NONE)
    expected = [
        {"user": ["Zoë".encode()], "tags": [b"a", b"b"], "age": [7.5], "label": [1]},
        {"user": None, "tags": None, "age": None, "label": [0]},
    ]
    assert rows(spec, f"SELECT {quoted(database)} FROM clicks ORDER BY clicked DESC;\n") == expected
    # Decimals are numbers, and whole numbers categories.
    by_price = quoted(database).replace("age,", "price AS age,").replace("who", "clicked")
    assert [row["age"] for row in rows(spec, f"SELECT {by_price} FROM clicks ORDER BY clicked DESC")] == [[1.25], None]
    assert [row["user"] for row in rows(spec, f"SELECT {by_price} FROM clicks ORDER BY clicked")] == [[b"0"], [b"1"]]


def test_more_rows_than_a_batch(execute: Sql, database: tuple[str, Sql], spec: FeatureSpec) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
    if database[0].startswith("mysql"):
        execute("SET SESSION max_recursive_iterations = 100000")
        execute(f"INSERT INTO clicks {numbers} SELECT CONCAT('u', i), 'a', i, 0, MOD(i, 2), '2026-11-01' FROM n")
    else:
        execute(f"{numbers} INSERT INTO clicks SELECT 'u' || i, 'a', i, 0, i % 2, '2026-11-01' FROM n")
    read = rows(spec, f"SELECT {quoted(database)} FROM clicks ORDER BY age")
    assert len(read) == 20000
    assert read[19999] == {"user": [b"u20000"], "tags": [b"a"], "age": [20000.0], "label": [0]}
    heard: list[int] = []
    with progress.reading_listener(lambda name, so_far: heard.append(so_far)):
        rows_digest(NAME, Query("SELECT * FROM clicks", VARIABLE))
    assert (heard, heard[-1]) == (sorted(heard), 20000)
    # As they come, and not when all are there: of PostgreSQL that is 16 MB at a time.
    assert len(set(heard)) > 2 or database[0].startswith("postgresql")
    bad = quoted(database).replace("clicked AS", "(CASE WHEN age = 15000 THEN 7 ELSE clicked END) AS")
    message = refused(spec, f"SELECT {bad} FROM clicks ORDER BY age")
    assert message.startswith(f"{NAME}, row 15000, column 'label': 7 is wrong: the label must be 0 or 1")


def test_changed_rows_have_another_digest(execute: Sql, database: tuple[str, Sql], spec: FeatureSpec) -> None:
    query = Query("SELECT * FROM clicks", VARIABLE)
    execute(ONE)
    execute(NONE)
    before = rows_digest(NAME, query)
    assert rows_digest(NAME, query) == before
    assert rows_digest(NAME, Query("SELECT * FROM clicks ORDER BY clicked", VARIABLE)) == before
    assert rows_digest(NAME, Query("SELECT * FROM clicks ORDER BY clicked DESC", VARIABLE)) == before
    assert len(rows(spec, f"SELECT {quoted(database)} FROM clicks")) == 2
    execute("UPDATE clicks SET price = 1.26 WHERE clicked = 1")
    assert rows_digest(NAME, query) != before
    execute("UPDATE clicks SET price = 1.25 WHERE clicked = 1")
    assert rows_digest(NAME, query) == before
    execute(ONE)
    assert rows_digest(NAME, query) != before


def test_rows_that_change_under_a_run(execute: Sql, database: tuple[str, Sql], spec: FeatureSpec) -> None:
    execute(ONE)
    text = f"SELECT {quoted(database)} FROM clicks"
    digest = rows_digest(NAME, Query(text, VARIABLE))
    assert len(rows(spec, text, digest)) == 1
    execute(ONE)
    assert refused(spec, text, digest) == (
        f"{NAME}: gave other rows now than a moment before, when they were looked at for the cache: end the query at a "
        "time that is over (WHERE time < ...), or run again."
    )


def test_what_a_database_refuses(
    execute: Sql, database: tuple[str, Sql], spec: FeatureSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = refused(spec, "SELECT nothing FROM clicks")
    assert message.startswith(f"{NAME}: the database at {VARIABLE} answers the query with an error: ")
    assert "nothing" in message
    assert refused(spec, f"SELECT {quoted(database).replace('age', 'age AS ages')} FROM clicks") == (
        f"{NAME}: there is no column 'age', which features.yaml declares: did you mean 'ages'?"
    )
    assert refused(spec, f"SELECT {quoted(database)} FROM clicks") == (f"{NAME}: the query gives no rows.")
    execute(ONE)
    for statement in ("DELETE FROM clicks", "INSERT INTO clicks (clicked) VALUES (1)"):
        assert "an error: " in refused(spec, statement)
    assert len(rows(spec, f"SELECT {quoted(database)} FROM clicks")) == 1
    wrong = database[0].replace(PASSWORD, "another%2Fsecret").replace("shop.db", "none.db")
    monkeypatch.setenv(VARIABLE, wrong)
    message = refused(spec, "SELECT 1 AS x")
    assert "secret" not in message
    assert message.startswith(f"{NAME}: the database at {VARIABLE} answers the query with an error: ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", "the environment variable SHOP_DATABASE is not set, and holds the database's address: "),
        ("secret", "what the environment variable SHOP_DATABASE holds is no address: "),
        ("oracle://me:secret@host/x", "what the environment variable SHOP_DATABASE holds is no address: "),
        ("postgresql://me:secret@host:port/x", "what the environment variable SHOP_DATABASE holds is no address: "),
        ("mysql:///secret", "what the environment variable SHOP_DATABASE holds is no address: "),
        ("sqlite://", "what the environment variable SHOP_DATABASE holds is no address: "),
    ],
)
def test_no_address(monkeypatch: pytest.MonkeyPatch, value: str, text: str) -> None:
    monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(ConfigError) as caught:
        address_in(VARIABLE)
    assert str(caught.value) == (
        f"data.connection: {text}postgresql://USER:PASSWORD@HOST:PORT/DATABASE, "
        "mysql://USER:PASSWORD@HOST:PORT/DATABASE or sqlite:///PATH."
    )
    assert "secret" not in str(caught.value)


def test_an_address_is_never_shown() -> None:
    address = Address("X", "postgresql", "postgresql://me:se%2Fcret@host/x")
    assert "cret" not in repr(address)
    assert address.masked("no: postgresql://me:se%2Fcret@host/x, se/cret, se%2Fcret") == "no: ***, ***, ***"


def test_where_sqlite_files_are() -> None:
    assert Address("X", "sqlite", "sqlite:///data%20x.db").path == "data x.db"
    assert Address("X", "sqlite", "sqlite:////srv/data.db").path == "/srv/data.db"


def test_a_column_of_any_types(tmp_path: Path, spec: FeatureSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of SQLite alone: the type of a column says little of its values."""
    path = tmp_path / "any.db"
    monkeypatch.setenv(VARIABLE, f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (user, tags, age, label)")
        values = [(1, "a", "2.5", 1), ("x", 7, 3, "0"), (b"bytes", None, 2.25, 1.0), (None, "", " ", 0)]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", values)
    connection.close()
    assert rows(spec, "SELECT * FROM t") == [
        {"user": [b"1"], "tags": [b"a"], "age": [2.5], "label": [1]},
        {"user": [b"x"], "tags": [b"7"], "age": [3.0], "label": [0]},
        {"user": [b"bytes"], "tags": None, "age": [2.25], "label": [1]},
        {"user": None, "tags": None, "age": None, "label": [0]},
    ]


def test_the_whole_example_gen(tmp_path: Path, ingest: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One query that is spread, and one a split, of which one gives no rows."""
    path = tmp_path / "shop.db"
    monkeypatch.setenv(VARIABLE, f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (user, tags, age, label, day)")
        values = [(f"u{n}", "a", n, n % 2, f"2026-01-{n:02}") for n in range(1, 31)]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", values)
    connection.close()
    days = {"column": "day", "train": "2026-01-03", "eval": "2026-01-11", "test": "2026-01-21"}
    shares = dict.fromkeys(("train", "eval", "test"), 1)
    sql: dict[str, Any] = {"file_format": "sql", "connection": VARIABLE}
    written = ingest({"all": "SELECT * FROM t"}, shares, split_by_time=days, **sql)
    assert {name: len(examples) for name, examples in written.items()} == {"train": 8, "eval": 10, "test": 10}
    [file] = ingest.content.files
    assert (file.path, file.left_out) == ("data.query", 2)
    halves = {"train": "SELECT * FROM t WHERE age < 20", "eval": "SELECT * FROM t WHERE age >= 20"}
    assert {name: len(examples) for name, examples in ingest(halves, **sql).items()} == {"train": 19, "eval": 11}
    with pytest.raises(DataError) as caught:
        ingest({"train": "SELECT * FROM t", "eval": "SELECT * FROM t WHERE age > 99"}, **sql)
    assert str(caught.value) == "data.splits.eval: the query gives no rows."


ROWS = st.lists(st.tuples(st.none() | st.integers(0, 5), st.none() | st.text(max_size=2)), min_size=1, max_size=8)


@given(first=ROWS, second=ROWS, cut=st.integers(0, 8))
def test_digests_tell_rows_and_neither_their_order_nor_their_batches(
    first: list[Any], second: list[Any], cut: int
) -> None:
    def digest(*batches: list[Any]) -> str:
        made = RowsDigest()
        for batch in batches:
            numbers, texts = pa.array([row[0] for row in batch]), pa.array([row[1] for row in batch])
            made.add(pa.RecordBatch.from_arrays([numbers, texts], ["a", "b"]))
        return made.text

    assert digest(first) == digest(first[cut:], first[:cut]) == digest(first[::-1])
    assert (digest(first) == digest(second)) == (sorted(first, key=repr) == sorted(second, key=repr))
