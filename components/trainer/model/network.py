"""The wide-and-deep model: two logits summed under one loss (Cheng et al. 2016, equation 3).

    P(y = 1 | x) = sigmoid(w_wide . [x, cross(x)] + w_deep . a(x) + b)

where a(x) are the last activations of ReLU layers over the concatenated embeddings and scaled numerics.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from widedeep.components.trainer.model.hidden_layers import HiddenLayers
from widedeep.components.trainer.model.inputs import Inputs, Uses
from widedeep.components.trainer.model.layout import Layout, Table
from widedeep.components.trainer.model.pruned_table import PrunedTable
from widedeep.components.trainer.training_options import TrainingOptions

# Embeddings start small beside what training makes of them: an id seen rarely then adds little noise.
_EMBEDDING_NORM = 0.1


class Parts(NamedTuple):
    """The wide part's logit, float32 [b, outputs], and the deep part's input, float32 [b, deep_width]."""

    wide: tf.Tensor
    deep: tf.Tensor


class WideDeepModel(tf.Module):
    """Tables, hidden layers and bias. `values` gathers, the rest computes; the gradient is taken in between."""

    def __init__(
        self,
        layout: Layout,
        bias: tf.Variable,
        wide: tf.Variable | PrunedTable | None,
        embeddings: Sequence[tf.Variable],
        hidden: HiddenLayers | None,
    ) -> None:
        """Puts the parts together.

        Args:
            layout: the inputs.
            bias: [outputs].
            wide: the layout's wide table.
            embeddings: the layout's embeddings.
            hidden: the deep part's layers, None in a wide model.
        """
        super().__init__()
        self.layout = layout
        self.bias, self.wide, self.embeddings, self.hidden = bias, wide, list(embeddings), hidden

    @property
    def tables(self) -> list[Any]:
        """The weights of the layout's tables."""
        return self.embeddings if self.wide is None else [self.wide, *self.embeddings]

    @property
    def layers(self) -> list[tf.Variable]:
        """The trained variables of the hidden layers."""
        return self.hidden.trainable if self.hidden else []

    def values(self, inputs: Inputs) -> list[tf.Tensor]:
        """The rows that the inputs use, float32 [k, width] of each table."""
        return [_read(table, uses.rows) for table, uses in zip(self.tables, inputs.uses, strict=True)]

    def wide_rows(self, rows: tf.Tensor) -> tf.Tensor:
        """float32 [n, outputs]: rows of the wide table, int32 [n]."""
        return _read(self.wide, rows)

    def parts(self, inputs: Inputs, values: list[tf.Tensor]) -> Parts:
        """What the two parts of the model read of b examples.

        Args:
            inputs: of b examples.
            values: from `values`.
        """
        examples = tf.shape(inputs.dense, out_type=tf.int64)[0]
        pools = [
            _pool(table, rows, uses, examples)
            for table, rows, uses in zip(self.layout.tables, values, inputs.uses, strict=True)
        ]
        wide = tf.zeros([examples, self.bias.shape[0]]) if self.wide is None else pools.pop(0)
        return Parts(wide, tf.concat([*pools, inputs.dense], axis=1))

    def logit(self, parts: Parts, seed: tf.Tensor | None = None) -> tf.Tensor:
        """float32 [b, outputs]: the summed logits of the wide and the deep part.

        Args:
            parts: from `parts`.
            seed: int64 [2] for this step's dropout; while training only.
        """
        logit = self.bias + parts.wide
        return logit + self.hidden(parts.deep, seed) if self.hidden else logit

    def __call__(self, inputs: Inputs) -> tf.Tensor:
        """float32 [b, outputs]: the logits."""
        return self.logit(self.parts(inputs, self.values(inputs)))


def new_model(layout: Layout, options: TrainingOptions, outputs: int = 1) -> WideDeepModel:
    """A model before its first step: no wide weights, small random embeddings.

    Args:
        layout: the inputs, of the variant that `options.model` names.
        options: the deep part's layers, and the seed.
        outputs: logits of an example.
    """
    random = tf.random.Generator.from_seed(options.seed)
    bias = tf.Variable(tf.zeros([outputs]), name="bias")
    wide = tf.Variable(tf.zeros([layout.wide.rows, outputs]), name="wide") if layout.wide else None
    embeddings = [
        tf.Variable(
            random.normal([table.rows, table.width], stddev=_EMBEDDING_NORM * table.width**-0.5),
            name=f"embedding_{table.width}_{table.pooling}",
        )
        for table in layout.embeddings
    ]
    hidden = HiddenLayers(layout.deep_width, options.deep, outputs, random) if layout.deep_width else None
    return WideDeepModel(layout, bias, wide, embeddings, hidden)


def _read(table: tf.Variable | PrunedTable, rows: tf.Tensor) -> tf.Tensor:
    return table.read(rows) if isinstance(table, PrunedTable) else tf.gather(table, rows)


def _pool(table: Table, values: tf.Tensor, uses: Uses, examples: tf.Tensor) -> tf.Tensor:
    """float32 [examples, cells * width]: each cell's sum or mean of its rows, zeros where it has none."""
    pool = tf.sparse.segment_sum if table.pooling == "sum" else tf.sparse.segment_mean
    cells = pool(values, uses.position, uses.cell, num_segments=table.cells * examples)
    return tf.ensure_shape(tf.reshape(cells, [examples, table.cells * table.width]), [None, table.cells * table.width])
