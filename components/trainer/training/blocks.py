"""Transformed examples held in memory in blocks, from which batches are gathered in any order.

Parsing once and gathering batches in C++ costs a fraction of parsing a batch at a time at every pass.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from widedeep.components.examples.record_files import UNTUNED
from widedeep.components.trainer.model.inputs import Batch, Inputs, TableIds, deduplicate, root_share
from widedeep.components.trainer.model.layout import Table

_UPPER_BITS = 32
_ROW_MASK = 2**_UPPER_BITS - 1
# What is ready waits in memory: some parts of rows with many ids each are a gigabyte.
_AT_ONCE = min(os.cpu_count() or 1, 8)


class TableUses(NamedTuple):
    """The rows of one table that a block's examples use.

    Attributes:
        cells: per example.
        shares: whether uses differ in what they count.
        values: [n], one a use, by example and cell: the rows, int32; with several cells per example int64, the row in
            the lower half, and in the upper one the cell, from 0 for each example; with shares, which have one cell,
            the same with how many ids of the use's column the example has.
        splits: where each example's values begin and end, int64 [examples + 1].
    """

    cells: int
    shares: bool
    values: tf.Tensor
    splits: tf.Tensor


def pack(ids: TableIds, table: Table, examples: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The values and the splits of TableUses.

    Args:
        ids: those of the table.
        table: one of the layout's.
        examples: int64 scalar.
    """
    splits = tf.searchsorted(ids.cell, tf.range(examples + 1) * table.cells, out_type=tf.int64)
    if table.cells == 1 and not table.shares:
        return ids.rows, splits
    # A gather copies one piece per example then, and not one per cell: pieces cost more than what is in them.
    upper = tf.cast(ids.of_column, tf.int64) if table.shares else ids.cell % table.cells
    return tf.bitwise.bitwise_or(tf.cast(ids.rows, tf.int64), tf.bitwise.left_shift(upper, _UPPER_BITS)), splits


def rows_of(values: np.ndarray) -> np.ndarray:
    """The rows in the values of TableUses."""
    return values & _ROW_MASK if values.dtype == np.int64 else values


@dataclass(frozen=True)
class Block:
    """Examples in memory.

    Attributes:
        tables: the uses of each of the layout's tables.
        dense: float32 [examples, dense].
        label: [examples].
        weight: float32 [examples].
        numbers: int64 [examples], which of all workers' examples they are; None where there is one worker.
    """

    tables: tuple[TableUses, ...]
    dense: tf.Tensor
    label: tf.Tensor
    weight: tf.Tensor
    numbers: np.ndarray | None = None

    @property
    def examples(self) -> int:
        """Number of examples."""
        return int(self.label.shape[0])

    def whole(self) -> Batch:
        """All examples in one batch: there is nothing to prefetch, and to trace a data set takes longer than this."""
        batch: Batch = _gather(
            self.tables, self.dense, self.label, self.weight, tf.range(self.examples, dtype=tf.int64)
        )
        return batch

    def batches(self, size: int, order: np.ndarray, first: int = 0) -> tf.data.Dataset:
        """Batches of the examples in `order`, from batch number `first` on; the last may be smaller."""
        return self.parts(order, np.minimum(np.arange(0, len(order) + size, size), len(order)), first)

    def parts(self, order: np.ndarray, ends: np.ndarray, first: int) -> tf.data.Dataset:
        """The examples in `order` between each two of the rising `ends`, of which two may be equal, from `first` on."""
        kinds = [(table.cells, table.shares) for table in self.tables]
        uses = tuple((table.values, table.splits) for table in self.tables)

        # A block is an element: one that a traced function captures stays in memory until Python looks for cycles.
        @tf.autograph.experimental.do_not_convert
        def part(bounds: tuple[tf.Tensor, tf.Tensor], block: tuple[Any, ...]) -> Batch:
            uses, *columns, ordered = block
            tables = tuple(TableUses(*kind, *each) for kind, each in zip(kinds, uses, strict=True))
            gathered: Batch = _gather(tables, *columns, ordered[slice(*bounds)])
            return gathered

        block = tf.data.Dataset.from_tensors((uses, self.dense, self.label, self.weight, tf.constant(order, tf.int64)))
        bounds = tf.data.Dataset.from_tensor_slices((ends[first:-1], ends[first + 1 :]))
        parts = tf.data.Dataset.zip(bounds, block.repeat())
        return ahead(parts, part)


def ahead(data: tf.data.Dataset, function: Callable[..., Any]) -> tf.data.Dataset:
    """`function` of each element, in their order, as many at a time as there are cores, before they are asked for."""
    return data.map(function, _AT_ONCE).with_options(UNTUNED)


# Traced once for all passes over all blocks. It holds no block: one is half a gigabyte.
@partial(tf.function, autograph=False, reduce_retracing=True)
def _gather(
    tables: tuple[TableUses, ...], dense: tf.Tensor, label: tf.Tensor, weight: tf.Tensor, examples: tf.Tensor
) -> Batch:
    uses = []
    for cells, shares, values, splits in tables:
        gathered = tf.raw_ops.RaggedGather(
            params_nested_splits=[splits], params_dense_values=values, indices=examples, OUTPUT_RAGGED_RANK=1
        )
        sparse = tf.raw_ops.RaggedTensorToSparse(
            rt_nested_splits=gathered.output_nested_splits, rt_dense_values=gathered.output_dense_values
        )
        rows, cell = sparse.sparse_values, sparse.sparse_indices[:, 0]
        share = tf.zeros([0])
        if rows.dtype == tf.int64:
            upper = tf.bitwise.right_shift(rows, _UPPER_BITS)
            rows = tf.cast(tf.bitwise.bitwise_and(rows, _ROW_MASK), tf.int32)
            if shares:
                share = root_share(upper)
            else:
                cell = cell * cells + upper
        uses.append(deduplicate(rows, cell, share))
    return Batch(
        Inputs(tuple(uses), tf.gather(dense, examples)), tf.gather(label, examples), tf.gather(weight, examples)
    )
