"""Transformed examples held in memory in blocks, from which batches are gathered in any order.

Parsing once and gathering batches in C++ costs a fraction of parsing a batch at a time at every pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from widedeep.components.trainer.model.inputs import Batch, Inputs, deduplicate


class TableUses(NamedTuple):
    """The rows of one table that a block's examples use.

    Attributes:
        cells: per example.
        rows: int32 [n].
        splits: where each cell's rows begin and end among them, int64 [examples * cells + 1].
    """

    cells: int
    rows: tf.Tensor
    splits: tf.Tensor


@dataclass(frozen=True)
class Block:
    """Examples in memory.

    Attributes:
        tables: the uses of each of the layout's tables.
        dense: float32 [examples, dense].
        label: [examples].
        weight: float32 [examples].
    """

    tables: tuple[TableUses, ...]
    dense: tf.Tensor
    label: tf.Tensor
    weight: tf.Tensor

    @property
    def examples(self) -> int:
        """Number of examples."""
        return int(self.label.shape[0])

    def batches(self, size: int, order: np.ndarray, first: int = 0) -> tf.data.Dataset:
        """Batches of the examples in `order`, from batch number `first` on; the last may be smaller."""
        ordered = tf.constant(order, tf.int64)
        starts = tf.data.Dataset.range(first * size, len(order), size)

        # There is no Python control flow to convert.
        @tf.autograph.experimental.do_not_convert
        def batch(start: tf.Tensor) -> Batch:
            return self._batch(ordered[start : start + size])

        gathered = starts.map(batch, tf.data.AUTOTUNE)
        return gathered.prefetch(tf.data.AUTOTUNE)

    def _batch(self, examples: tf.Tensor) -> Batch:
        uses = []
        for cells, rows, splits in self.tables:
            numbers = tf.reshape(examples[:, None] * cells + tf.range(cells, dtype=tf.int64), [-1])
            gathered = tf.raw_ops.RaggedGather(
                params_nested_splits=[splits], params_dense_values=rows, indices=numbers, OUTPUT_RAGGED_RANK=1
            )
            sparse = tf.raw_ops.RaggedTensorToSparse(
                rt_nested_splits=gathered.output_nested_splits, rt_dense_values=gathered.output_dense_values
            )
            uses.append(deduplicate(sparse.sparse_values, sparse.sparse_indices[:, 0]))
        inputs = Inputs(tuple(uses), tf.gather(self.dense, examples))
        return Batch(inputs, tf.gather(self.label, examples), tf.gather(self.weight, examples))
