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

from components.errors import ConfigError
from components.trainer.layout import Layout, Table
from components.trainer.options import TrainingOptions

Columns = Mapping[str, Any]

# Embeddings start small beside what training makes of them: an id seen rarely then adds little noise.
_EMBEDDING_NORM = 0.1


@dataclass(frozen=True)
class Rows:
    """The rows of one table that a batch uses.

    Attributes:
        ids: int64 [k], each row once.
        values: float32 [k, width], the rows themselves.
        position: int32 [n], for each use the index in `ids`.
        cell: int64 [n], rising, for each use where its value goes: column * examples + example.
        columns: columns of the table.
        examples: int64 scalar, examples of the batch.

    Example: a table of the columns a (rows 0-9) and b (rows 10-19), and two examples, a: {3}, b: {1, 2} and
    a: {3}, b: {}. Then ids are 3, 11, 12; positions 0, 0, 1, 2; cells 0, 1, 2, 2.
    """

    ids: tf.Tensor
    values: tf.Tensor
    position: tf.Tensor
    cell: tf.Tensor
    columns: int
    examples: tf.Tensor


class WideDeepModel(tf.Module):
    """Tables, hidden layers and bias. `rows` gathers, `logit` computes; the gradient is taken in between."""

    def __init__(self, layout: Layout, options: TrainingOptions) -> None:
        super().__init__()
        _check(layout, options)
        self.layout = layout
        self._dropout = options.deep.dropout
        self.bias = tf.Variable(tf.zeros([1]), name="bias")
        self.wide: tf.Variable | None = None
        self.embeddings: list[tf.Variable] = []
        self.hidden: list[tuple[tf.Variable, tf.Variable]] = []
        if "wide" in options.model:
            self.wide = tf.Variable(tf.zeros([layout.wide.rows, 1]), name="wide")
        if "deep" in options.model:
            self._make_deep(options)

    def _make_deep(self, options: TrainingOptions) -> None:
        random = tf.random.Generator.from_seed(options.seed)
        for table in self.layout.embeddings:
            initial = random.normal([table.rows, table.width], stddev=_EMBEDDING_NORM * table.width**-0.5)
            self.embeddings.append(tf.Variable(initial, name=f"embedding_{table.width}"))
        sizes = [self.layout.deep_width, *options.deep.hidden, 1]
        for index, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes)):
            # He et al. 2015 for the ReLU layers.
            kernel = tf.Variable(random.normal([fan_in, fan_out], stddev=(2.0 / fan_in) ** 0.5), name=f"kernel_{index}")
            self.hidden.append((kernel, tf.Variable(tf.zeros([fan_out]), name=f"bias_{index}")))

    def tables(self) -> list[tuple[Table, tf.Variable]]:
        """The tables with their variables, the wide one first where there is one."""
        wide = [] if self.wide is None else [(self.layout.wide, self.wide)]
        # A wide model has hidden layers and embeddings neither, whatever the layout holds.
        deep = zip(self.layout.embeddings, self.embeddings, strict=True) if self.hidden else ()
        return [*wide, *deep]

    def rows(self, batch: Columns) -> list[Rows]:
        """The rows that a batch uses, for each of `tables`."""
        return [_gather(table, variable, batch) for table, variable in self.tables()]

    def logit(self, batch: Columns, rows: list[Rows], training: bool = False) -> tf.Tensor:
        """float32 [batch]: the summed logits of the wide and the deep part."""
        examples = rows[0].examples if rows else tf.shape(batch[self.layout.dense[0]], out_type=tf.int64)[0]
        logit = tf.broadcast_to(self.bias, [examples])
        if self.wide is not None:
            logit += _summed(rows[0])
        if self.hidden:
            logit += self._deep_logit(batch, rows if self.wide is None else rows[1:], training)
        return logit

    def _deep_logit(self, batch: Columns, rows: list[Rows], training: bool) -> tf.Tensor:
        layer = tf.concat([_pooled(part) for part in rows] + [batch[name] for name in self.layout.dense], axis=1)
        layer = tf.ensure_shape(layer, [None, self.layout.deep_width])
        *relus, (kernel, bias) = self.hidden
        for relu_kernel, relu_bias in relus:
            layer = tf.nn.relu(layer @ relu_kernel + relu_bias)
            if training and self._dropout:
                layer = tf.nn.dropout(layer, self._dropout)
        return (layer @ kernel + bias)[:, 0]

    def __call__(self, batch: Columns) -> tf.Tensor:
        """float32 [batch]: the logits of transformed columns."""
        return self.logit(batch, self.rows(batch))


def _check(layout: Layout, options: TrainingOptions) -> None:
    lacking = {
        "wide": layout.wide.rows == 0 and "wide: true, or a cross",
        "deep": layout.deep_width == 0 and "deep",
    }
    for part, role in lacking.items():
        if part in options.model and role:
            other = "deep" if part == "wide" else "wide"
            raise ConfigError(
                f"training.model is '{options.model}', and no feature in features.yaml is {role}: "
                f"give one that role, or set training.model to '{other}'."
            )


def _gather(table: Table, variable: tf.Variable, batch: Columns) -> Rows:
    examples = batch[table.slots[0].column].dense_shape[0]
    uses, cells = [], []
    for index, slot in enumerate(table.slots):
        sparse: tf.SparseTensor = batch[slot.column]
        uses.append(sparse.values + slot.offset)
        cells.append(sparse.indices[:, 0] + index * examples)
    ids, position = tf.unique(tf.concat(uses, axis=0))
    return Rows(ids, tf.gather(variable, ids), position, tf.concat(cells, axis=0), len(table.slots), examples)


def _summed(rows: Rows) -> tf.Tensor:
    """float32 [examples]: the sum of an example's values over all columns of a table of width 1."""
    sums = tf.sparse.segment_sum(rows.values, rows.position, rows.cell, num_segments=rows.columns * rows.examples)
    return tf.reduce_sum(tf.reshape(sums, [rows.columns, rows.examples]), axis=0)


def _pooled(rows: Rows) -> tf.Tensor:
    """float32 [examples, columns * width]: the mean embedding of each column's ids, zeros where it has none."""
    width = rows.values.shape[1]
    means = tf.sparse.segment_mean(rows.values, rows.position, rows.cell, num_segments=rows.columns * rows.examples)
    by_column = tf.reshape(means, [rows.columns, rows.examples, width])
    return tf.reshape(tf.transpose(by_column, [1, 0, 2]), [rows.examples, rows.columns * width])
