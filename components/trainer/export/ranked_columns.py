"""What the model reads of the features' ids in a ranking request, with few operations.

Candidates are few, and what an operation costs is mostly itself, not what it computes. So rows of all tables are found
together, and pooled right where the tables have them. Ids that a row has of the other side's columns are read with all
others: nothing of theirs is counted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from widedeep.components.trainer.model.inputs import Uses, alike, served_share
from widedeep.components.trainer.model.network import WideDeepModel, pool
from widedeep.components.transform import packed_columns

_ID_MASK = 2**packed_columns.ID_BITS - 1


class RankedColumns:
    """A model of one output, as it reads features' ids of contexts and of candidates."""

    def __init__(self, model: WideDeepModel, of_context: Sequence[bool]) -> None:
        """Takes it.

        Args:
            model: its tables are read.
            of_context: whether a column is a context's, of the id columns of features.
        """
        self._model = model
        layout, self._columns = model.layout, len(of_context)
        self._of_side = np.stack([of_context, np.logical_not(of_context)], axis=1)
        if layout.wide:
            offsets = {slot.index: slot.offset for slot in layout.wide.slots}
            self._wide_offset = np.array([offsets.get(index, -1) for index in range(self._columns)], np.int64)
        # Of a column's embedding: the table, its first row there, the table's cells, and its own.
        self._embedded = np.zeros([4, self._columns], np.int64)
        self._embedded[0] = len(layout.embeddings)
        for number, table in enumerate(layout.embeddings):
            for cell, slot in enumerate(table.slots):
                self._embedded[:, slot.index] = number, slot.offset, table.cells, cell

    def wide(self, ids: tf.Tensor, row: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        """float32 [rows, 2]: the wide part's logit without crosses, of a context's columns and of a candidate's.

        Args:
            ids: int64 [n], each with its column's number in its upper half.
            row: int64 [n], rising.
            rows: int64 scalar.
        """
        if self._model.wide is None or (self._wide_offset < 0).all():
            return tf.zeros([rows, 2])
        column, of_table, ours = _column(ids), _low(ids), self._wide_offset >= 0
        if not ours.all():
            # Of other columns any row will do: it isn't counted.
            of_table *= tf.gather(ours.astype(np.int64), column)
        of_table += tf.gather(np.maximum(self._wide_offset, 0), column)
        weights = self._model.wide_weights(tf.cast(of_table, tf.int32))[:, None]
        # Of m ids that a row has of a column each counts 1/sqrt(m).
        sums = tf.sparse.segment_sqrt_n(
            weights, tf.range(tf.size(ids)), row * self._columns + column, rows * self._columns
        )
        return tf.reshape(sums, [-1, self._columns]) @ (self._of_side & ours[:, None]).astype(np.float32)

    def embedded(self, ids: tf.Tensor, row: tf.Tensor, rows: tf.Tensor) -> list[tf.Tensor]:
        """Each embedding's part of the deep part's input, float32 [rows, cells * width]; arguments as `wide`'s."""
        tables = self._model.layout.embeddings
        if not tables:
            return []
        column = _column(ids)
        number, *facts = self._embedded
        offset, cells, cell = (tf.gather(fact, column) for fact in facts)
        number, parts = tf.gather(number.astype(np.int32), column), len(tables) + 1
        rows_of = tf.dynamic_partition(tf.cast(_low(ids) + offset, tf.int32), number, parts)
        cells_of = tf.dynamic_partition(row * cells + cell, number, parts)
        pooled = []
        for table, weights, of_table, cell in zip(
            tables, self._model.embeddings, rows_of[:-1], cells_of[:-1], strict=True
        ):
            # A cell is a column's.
            share = served_share(table, alike(cell, rows * table.cells))
            uses = Uses(of_table, tf.range(tf.size(of_table)), cell, share)
            pooled.append(pool(table, tf.gather(weights, of_table), uses, rows))
        return pooled


def _column(ids: tf.Tensor) -> tf.Tensor:
    return tf.bitwise.right_shift(ids, packed_columns.ID_BITS)


def _low(ids: tf.Tensor) -> tf.Tensor:
    return tf.bitwise.bitwise_and(ids, _ID_MASK)
