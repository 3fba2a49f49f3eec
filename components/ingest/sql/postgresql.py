"""Rows of PostgreSQL, by Arrow's database driver, which copies them in binary."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pyarrow as pa

from widedeep.components.ingest.sql.address import Address


def batches(address: Address, query: str) -> Iterator[pa.RecordBatch]:
    """Yields the rows as they come, some MB at a time.

    Raises:
        adbc_driver_manager.dbapi.Error: the server refuses.
    """
    # Only here, since no other format needs the driver.
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(address.uri) as connection, connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        cursor.execute(query)
        reader = cursor.fetch_record_batch()
        # So that the columns are known where there is no row.
        for batch in itertools.chain([pa.RecordBatch.from_pylist([], reader.schema)], reader):
            # Decimals and other types of the server come as text, marked as what they were.
            columns = [
                column.storage if isinstance(column.type, pa.BaseExtensionType) else column for column in batch.columns
            ]
            yield pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
