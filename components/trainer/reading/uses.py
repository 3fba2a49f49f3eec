"""The rows of a table that examples use, packed as they wait in memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from widedeep.components.trainer.model.inputs import TableIds, Uses, deduplicate, share
from widedeep.components.trainer.model.layout import Pooling, Table
from widedeep.components.transform.ids.places import first_places

# Examples of which the splits are looked at in a fraction of the time of gathering a batch.
LOOKED_AT = 2**17
_UPPER_BITS = 32
_ROW_MASK = 2**_UPPER_BITS - 1


class Kind(NamedTuple):
    """How a table's uses are packed.

    Attributes:
        cells: per example.
        pooling: by which what a use counts depends on how many ids of its column the example has; None where it has one
            of each, which counts 1.
    """

    cells: int
    pooling: Pooling | None

    @classmethod
    def of(cls, table: Table) -> Kind:
        """The table's."""
        return cls(table.cells, table.pooling if table.has_sets else None)

    @property
    def cell_bits(self) -> int:
        """That hold a cell. Those of 100 leave room for counts up to sixteen million."""
        return (self.cells - 1).bit_length()


class TableUses(NamedTuple):
    """The rows of one table that examples use.

    Attributes:
        values: [n], one a use, by example and cell: the rows, int32; with several cells per example, or a pooling,
            int64, the row in the lower half, and in the upper one the cell, from 0 for each example, and above its bits
            how many ids of the use's column the example has.
        splits: where each example's values begin and end, int64 [examples + 1].
    """

    values: tf.Tensor
    splits: tf.Tensor


def pack(ids: TableIds, table: Table, examples: tf.Tensor) -> TableUses:
    """Packs.

    Args:
        ids: those of the table.
        table: one of the layout's.
        examples: int64 scalar.
    """
    kind = Kind.of(table)
    splits = first_places(ids.cell, tf.range(examples + 1) * kind.cells)
    if kind.cells == 1 and not kind.pooling:
        return TableUses(ids.rows, splits)
    # A gather copies one piece per example then, and not one per cell: pieces cost more than what is in them.
    upper = ids.cell % kind.cells if kind.cells > 1 else tf.constant(0, tf.int64)
    if kind.pooling:
        upper += tf.bitwise.left_shift(tf.cast(ids.of_column, tf.int64), kind.cell_bits)
    values = tf.bitwise.bitwise_or(tf.cast(ids.rows, tf.int64), tf.bitwise.left_shift(upper, _UPPER_BITS))
    return TableUses(values, splits)


def rows_of(values: np.ndarray) -> np.ndarray:
    """The rows in the values of TableUses."""
    return values & _ROW_MASK if values.dtype == np.int64 else values


def gather(uses: TableUses, examples: tf.Tensor, looks_at_all: bool) -> TableUses:
    """Those of some examples, int64 [e], in this order.

    Args:
        uses: of many examples.
        examples: which.
        looks_at_all: whether by the operation that copies an example's at once, but looks at all splits of `uses` each
            time, whether they rise. The other copies one by one.
    """
    if looks_at_all:
        gathered = tf.raw_ops.RaggedGather(
            params_nested_splits=[uses.splits], params_dense_values=uses.values, indices=examples, OUTPUT_RAGGED_RANK=1
        )
        return TableUses(gathered.output_dense_values, gathered.output_nested_splits[0])
    starts, stops = (tf.gather(uses.splits, of) for of in (examples, examples + 1))
    places = tf.raw_ops.RaggedRange(starts=starts, limits=stops, deltas=tf.constant(1, tf.int64))
    return TableUses(tf.gather(uses.values, places.rt_dense_values), places.rt_nested_splits)


def unpack(packed: TableUses, kind: Kind) -> Uses:
    """The uses, with each row once."""
    sparse = tf.raw_ops.RaggedTensorToSparse(rt_nested_splits=[packed.splits], rt_dense_values=packed.values)
    rows, cell = sparse.sparse_values, sparse.sparse_indices[:, 0]
    shares = None
    if rows.dtype == tf.int64:
        upper = tf.bitwise.right_shift(rows, _UPPER_BITS)
        rows = tf.cast(tf.bitwise.bitwise_and(rows, _ROW_MASK), tf.int32)
        if kind.pooling:
            shares = share(kind.pooling, tf.bitwise.right_shift(upper, kind.cell_bits))
        if kind.cells > 1:
            cell = cell * kind.cells + tf.bitwise.bitwise_and(upper, 2**kind.cell_bits - 1)
    return deduplicate(rows, cell, tf.ones_like(rows, tf.float32) if shares is None else shares)
