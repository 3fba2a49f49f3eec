"""Rows of MySQL, MariaDB and SQLite, by cursors that give Python's values.

SQLite's own module, and not Arrow's driver, which fixes each column's type by the first thousand rows, where a column
holds values of any type. For MySQL Arrow has no driver of its own.
"""

from __future__ import annotations

import sqlite3
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from widedeep.components.ingest.sql.address import Address
from widedeep.components.ingest.wanted_columns import BATCH_ROWS

_SECONDS = 20
_PORT = 3306


class CursorRows(NamedTuple):
    """Some rows: the columns' names, and of each its values."""

    names: list[str]
    rows: Sequence[Sequence[Any]]


def sqlite_rows(address: Address, query: str) -> Iterator[CursorRows]:
    """Yields the rows, BATCH_ROWS at a time. Raises sqlite3.Error."""
    uri = f"{Path(address.path).absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=_SECONDS)) as connection:
        connection.text_factory = _text
        yield from _fetched(connection.execute(query))


def mysql_rows(address: Address, query: str) -> Iterator[CursorRows]:
    """Yields the rows as the server sends them, BATCH_ROWS at a time. Raises pymysql.Error."""
    # Only here, since no other format needs the driver.
    import pymysql
    from pymysql.cursors import SSCursor

    parts = address.parts
    connection = pymysql.connect(
        host=parts.hostname,
        port=parts.port or _PORT,
        user=urllib.parse.unquote(parts.username or ""),
        password=urllib.parse.unquote(parts.password or ""),
        database=address.database or None,
        charset="utf8mb4",
        connect_timeout=_SECONDS,
        cursorclass=SSCursor,
    )
    with closing(connection):
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
        cursor = connection.cursor()
        try:
            cursor.execute(query)
            yield from _fetched(cursor)
        finally:
            # Rows that nobody reads any more: PyMySQL would fetch them all, here or when it is collected.
            if cursor._result is not None:
                cursor._result.unbuffered_active = False


def _fetched(cursor: Any) -> Iterator[CursorRows]:
    names = [column[0] for column in cursor.description or ()]
    yield CursorRows(names, [])
    while rows := cursor.fetchmany(BATCH_ROWS):
        yield CursorRows(names, rows)


def _text(value: bytes) -> str | bytes:
    """SQLite does not look at what it is told is text."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value
