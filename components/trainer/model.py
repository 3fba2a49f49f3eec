"""The wide-and-deep model: two logits summed under one logistic loss (Cheng et al. 2016, equation 3).

    P(y = 1 | x) = sigmoid(w_wide . [x, cross(x)] + w_deep . a(x) + b)

where a(x) are the last activations of ReLU layers over the concatenated embeddings and scaled numerics.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from components.trainer.layout import Layout, Table
from components.trainer.options import TrainingOptions

Columns = Mapping[str, Any]


@dataclass(frozen=True)
class Rows:
    """The rows of one table that a batch uses.

    Attributes:
        ids: int64 [k], each row once.
        values: float32 [k, width], the rows themselves.
        position: int32 [n], for each use the index in `ids`.
        segment: int64 [n], for each use the output cell: example * columns + column.
        columns: columns of the table.
        examples: examples of the batch.
    """

    ids: tf.Tensor
    values: tf.Tensor
    position: tf.Tensor
    segment: tf.Tensor
    columns: int
    examples: tf.Tensor


class WideDeepModel(tf.Module):
    """Tables, hidden layers and bias. `rows` gathers, `logit` computes; the gradient is taken in between."""

    def __init__(self, layout: Layout, options: TrainingOptions) -> None:
        super().__init__()
        self.layout = layout
        self._dropout = options.deep.dropout
        self._has_wide = options.model in ("wide", "wide_deep") and layout.wide.rows > 0
        self._has_deep = options.model in ("deep", "wide_deep") and layout.deep_width > 0
        if not (self._has_wide or self._has_deep):
            raise ValueError(f"training.model is {options.model}, and no feature has that role in features.yaml")
        random = tf.random.Generator.from_seed(options.seed)
        self.bias = tf.Variable(tf.zeros([1]), name="bias")
        self.wide = tf.Variable(tf.zeros([layout.wide.rows, 1]), name="wide") if self._has_wide else None
        self.embeddings: list[tf.Variable] = []
        self.hidden: list[tuple[tf.Variable, tf.Variable]] = []
        if self._has_deep:
            for table in layout.embeddings:
                initial = random.normal([table.rows, table.width], stddev=table.width**-0.5)
                self.embeddings.append(tf.Variable(initial, name=f"embedding_{table.width}"))
            sizes = [layout.deep_width, *options.deep.hidden, 1]
            for index, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes)):
                # He et al. 2015 for the ReLU layers.
                kernel = random.normal([fan_in, fan_out], stddev=(2.0 / fan_in) ** 0.5)
                bias = tf.zeros([fan_out])
                self.hidden.append(
                    (tf.Variable(kernel, name=f"kernel_{index}"), tf.Variable(bias, name=f"bias_{index}"))
                )

    def tables(self) -> list[tuple[Table, tf.Variable]]:
        """The tables with their variables, the wide one first where there is one."""
        wide = [(self.layout.wide, self.wide)] if self.wide is not None else []
        return wide + list(zip(self.layout.embeddings, self.embeddings, strict=False))

    def rows(self, batch: Columns) -> list[Rows]:
        """The rows that a batch uses, for each of `tables`."""
        return [_gather(table, variable, batch) for table, variable in self.tables()]

    def logit(self, batch: Columns, rows: list[Rows], training: bool = False) -> tf.Tensor:
        """float32 [batch]: the summed logits of the wide and the deep part."""
        rows = list(rows)
        examples = rows[0].examples if rows else tf.shape(batch[self.layout.dense[0]], out_type=tf.int64)[0]
        logit = tf.broadcast_to(self.bias, [examples])
        if self.wide is not None:
            first = rows.pop(0)
            used = tf.gather(first.values[:, 0], first.position)
            logit += tf.math.unsorted_segment_sum(used, first.segment // first.columns, examples)
        if self.hidden:
            layer = tf.concat([_pooled(part) for part in rows] + [batch[name] for name in self.layout.dense], axis=1)
            layer = tf.ensure_shape(layer, [None, self.layout.deep_width])
            for kernel, bias in self.hidden[:-1]:
                layer = tf.nn.relu(layer @ kernel + bias)
                if training and self._dropout:
                    layer = tf.nn.dropout(layer, self._dropout)
            kernel, bias = self.hidden[-1]
            logit += (layer @ kernel + bias)[:, 0]
        return logit

    def __call__(self, batch: Columns) -> tf.Tensor:
        """float32 [batch]: the logits of transformed columns."""
        return self.logit(batch, self.rows(batch))


def _gather(table: Table, variable: tf.Variable, batch: Columns) -> Rows:
    uses, segments = [], []
    examples = None
    for index, slot in enumerate(table.slots):
        ids: tf.SparseTensor = batch[slot.column]
        examples = ids.dense_shape[0]
        uses.append(ids.values + slot.offset)
        segments.append(ids.indices[:, 0] * len(table.slots) + index)
    ids, position = tf.unique(tf.concat(uses, axis=0))
    return Rows(ids, tf.gather(variable, ids), position, tf.concat(segments, axis=0), len(table.slots), examples)


def _pooled(rows: Rows) -> tf.Tensor:
    """[examples, columns * width]: the mean embedding of each column's ids, zeros where it has none."""
    cells = rows.examples * rows.columns
    used = tf.gather(rows.values, rows.position)
    total = tf.math.unsorted_segment_sum(used, rows.segment, cells)
    count = tf.math.unsorted_segment_sum(tf.ones_like(rows.segment, tf.float32), rows.segment, cells)
    mean = total / tf.maximum(count, 1.0)[:, None]
    return tf.reshape(mean, [rows.examples, rows.columns * rows.values.shape[1]])
