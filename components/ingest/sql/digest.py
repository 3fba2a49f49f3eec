"""What tells the rows of a query, in whatever order and in whatever batches a database sends them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa

_FACTOR = np.uint64(1_000_003)


class RowsDigest:
    """The number of rows, and the sum of their hashes of 64 bits.

    A sum, since a database without ORDER BY sends rows as they lie, or as its workers read them.
    """

    def __init__(self) -> None:
        """Of no row."""
        self._rows, self._sum, self._names = 0, 0, ""

    def add(self, batch: pa.RecordBatch) -> None:
        """Adds some rows."""
        self._names = json.dumps(batch.schema.names)
        self._rows += batch.num_rows
        hashes = np.zeros(batch.num_rows, np.uint64)
        for column in batch.columns:
            hashes = hashes * _FACTOR + pd.util.hash_array(_texts(column), categorize=False)
        # Mixed, so that what the columns' hashes have in common with other rows' does not cancel out.
        self._sum = (self._sum + int(pd.util.hash_array(hashes).sum(dtype=np.uint64))) % 2**64

    @property
    def text(self) -> str:
        """Of all rows."""
        return f"{self._rows}-{self._sum:016x}-{pd.util.hash_array(np.array([self._names], object))[0]:016x}"


def _texts(column: pa.Array) -> np.ndarray:
    """Values as text or bytes, whose form does not hang on the other rows of the batch."""
    if pa.types.is_nested(column.type):
        values = [None if value is None else json.dumps(value, default=str) for value in column.to_pylist()]
    elif pa.types.is_binary(column.type) or pa.types.is_fixed_size_binary(column.type):
        values = column.to_pylist()
    else:
        values = column.cast(pa.string()).to_pylist()
    return np.array(values, object)
