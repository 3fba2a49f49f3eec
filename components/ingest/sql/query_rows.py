"""The rows of a query, whichever database answers it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from widedeep.components.common.errors import DataError, WideDeepError, reason
from widedeep.components.common.progress import report_rows
from widedeep.components.ingest.python_rows.mixed_columns import column
from widedeep.components.ingest.sql import postgresql
from widedeep.components.ingest.sql.address import Address, address_in
from widedeep.components.ingest.sql.cursors import CursorRows, mysql_rows, sqlite_rows
from widedeep.components.ingest.sql.digest import RowsDigest
from widedeep.components.ingest.wanted_columns import Query, WantedColumns


def read(columns: WantedColumns) -> Iterator[pa.RecordBatch]:
    """Yields the wanted columns as the database sends them.

    Raises:
        ConfigError: the address is not in the environment.
        DataError: the database refuses the query, a column is missing, or the rows are no longer those that the cache
            key was made of.
    """
    assert columns.query is not None
    query, digest = columns.query, RowsDigest()
    for batch in _batches(columns.path, query):
        digest.add(batch)
        yield batch.select(columns.of(batch.schema.names))
    if query.digest and digest.text != query.digest:
        raise DataError(
            f"{columns.path}: gave other rows now than a moment before, when they were looked at for the cache: end "
            "the query at a time that is over (WHERE time < ...), or run again."
        )


def rows_digest(name: str, query: Query) -> str:
    """What tells a query's rows, in whatever order they come, for the cache key; the query is asked for it.

    Raises:
        ConfigError: the address is not in the environment.
        DataError: the database refuses the query.
    """
    digest = RowsDigest()
    for batch in _batches(name, query):
        digest.add(batch)
    return digest.text


def _batches(name: str, query: Query) -> Iterator[pa.RecordBatch]:
    address, text = address_in(query.connection), query.text.strip().rstrip(";")
    rows = 0
    with _told(name, address):
        for batch in _of_kind(address, text):
            rows += batch.num_rows
            report_rows(name, rows)
            yield batch


def _of_kind(address: Address, text: str) -> Iterator[pa.RecordBatch]:
    if address.kind == "postgresql":
        yield from postgresql.batches(address, text)
        return
    for given in (sqlite_rows if address.kind == "sqlite" else mysql_rows)(address, text):
        yield _batch(given)


def _batch(given: CursorRows) -> pa.RecordBatch:
    values = list(zip(*given.rows, strict=True)) or [()] * len(given.names)
    return pa.RecordBatch.from_arrays([column(value, words=False) for value in values], given.names)


@contextmanager
def _told(name: str, address: Address) -> Iterator[None]:
    """Says what a driver says, without the password."""
    try:
        yield
    except (WideDeepError, GeneratorExit):
        raise
    except Exception as error:
        if not _of_driver(error):
            raise
        said = reason(address.masked(" ".join(str(error).split())))
        raise DataError(
            f"{name}: the database at {address.variable} answers the query with an error: {said}."
        ) from None


def _of_driver(error: Exception) -> bool:
    return isinstance(error, sqlite3.Error | pa.ArrowException | OSError) or type(error).__module__.split(".")[0] in (
        "pymysql",
        "adbc_driver_manager",
    )
