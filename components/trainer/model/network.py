"""The wide-and-deep model: two logits summed under one loss (Cheng et al. 2016, equation 3).

    P(y = 1 | x) = sigmoid(w_wide . [x, cross(x)] + w_deep . a(x) + b)

where a(x) are the last activations of the hidden layers over the concatenated embeddings and scaled numerics. By
`deep.products` the products of the embeddings stand beside them.

An id that a row has is 1 in x. But of m ids of one column, as sets and crosses of sets have, each is 1/sqrt(m), as in
SVD++ (Koren 2008): the weights of a set then vary a row's logit as much as that of a single id does. The optimizers
divide a gradient by the size of those before it (Duchi et al. 2011), so that a step moves each weight by up to the
learning rate, however small its gradient is, and a row's logit by up to the rate times the sum of x. Of 20,000 ids with
x = 1 that is 1,000 at a rate of 0.05: a step overshoots whatever it corrects, and the loss grows step by step. What
holds is a bound of the sum of x itself; one of the gradients does not, as the optimizers divide it out. A summed
embedding is a plain sum up to 256 ids, and of more each counts 256/m.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from widedeep.components.trainer.model.factorization_machine import FactorizationMachine
from widedeep.components.trainer.model.ftrl_table import FtrlTable
from widedeep.components.trainer.model.hidden_layers import HiddenLayers
from widedeep.components.trainer.model.inputs import Inputs, Uses
from widedeep.components.trainer.model.layout import Layout, Table
from widedeep.components.trainer.model.products import Products
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
        wide: FtrlTable | PrunedTable | tf.Variable | None,
        embeddings: Sequence[tf.Variable],
        hidden: HiddenLayers | FactorizationMachine | None,
    ) -> None:
        """Puts the parts together.

        Args:
            layout: the inputs.
            bias: [outputs].
            wide: the layout's wide table, as it is trained or served.
            embeddings: the layout's embeddings.
            hidden: the deep part's layers, None in a wide model, or a factorization machine's interactions.
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

    def held(self, inputs: Inputs) -> list[tf.Tensor]:
        """What the variables of a model that is trained hold of the rows that the inputs use, [k, width] of each table.

        Of all tables but an FtrlTable that is what `values` gives.
        """
        variables = [table.variable if isinstance(table, FtrlTable) else table for table in self.tables]
        return [tf.gather(variable, uses.rows) for variable, uses in zip(variables, inputs.uses, strict=True)]

    def wide_weights(self, rows: tf.Tensor) -> tf.Tensor:
        """float32 of the rows' shape: weights of a model of one output, rows of any shape, as int32."""
        if isinstance(self.wide, FtrlTable | PrunedTable):
            return tf.reshape(self.wide.read(tf.reshape(rows, [-1])), tf.shape(rows))
        # Single numbers come faster so than by tf.gather.
        return tf.squeeze(tf.gather_nd(self.wide, rows[..., None]), axis=-1)

    def parts(self, inputs: Inputs, values: list[tf.Tensor]) -> Parts:
        """What the two parts of the model read of b examples.

        Args:
            inputs: of b examples.
            values: from `values`.
        """
        examples = tf.shape(inputs.dense, out_type=tf.int64)[0]
        pools = [
            pool(table, rows, uses, examples)
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
    wide = FtrlTable(layout.wide.rows, outputs, options.wide) if layout.wide else None
    embeddings = [
        tf.Variable(
            random.normal([table.rows, table.width], stddev=_EMBEDDING_NORM * table.width**-0.5),
            name=f"embedding_{table.width}_{table.pooling}",
        )
        for table in layout.embeddings
    ]
    embedded = layout.deep_width - len(layout.dense)
    hidden: HiddenLayers | FactorizationMachine | None = None
    if options.model == "fm":
        hidden = FactorizationMachine(layout, outputs, random, _EMBEDDING_NORM)
    elif layout.deep_width:
        products = Products(layout, outputs, random) if options.deep.products else None
        hidden = HiddenLayers(layout.deep_width, options.deep, outputs, random, embedded, products)
    return WideDeepModel(layout, bias, wide, embeddings, hidden)


def _read(table: FtrlTable | PrunedTable | tf.Variable, rows: tf.Tensor) -> tf.Tensor:
    return table.read(rows) if isinstance(table, FtrlTable | PrunedTable) else tf.gather(table, rows)


def pool(table: Table, values: tf.Tensor, uses: Uses, examples: tf.Tensor) -> tf.Tensor:
    """float32 [examples, cells * width]: each cell's rows pooled as the table has it, zeros where it has none.

    Args:
        table: one of the layout's.
        values: float32 [k, width]: the rows that the uses' positions are of.
        uses: of the table.
        examples: int64 scalar.
    """
    number = table.cells * examples
    if uses.share is not None:
        cells = _weighted_sum(values, uses, uses.share, number)
    elif table.pooling == "mean":
        cells = tf.sparse.segment_mean(values, uses.position, uses.cell, num_segments=number)
    else:
        cells = tf.sparse.segment_sum(values, uses.position, uses.cell, num_segments=number)
    return tf.reshape(cells, [-1, table.cells * table.width])


def _weighted_sum(values: tf.Tensor, uses: Uses, share: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
    """float32 [number, width]: the sum of each cell's rows, times their shares.

    That is the product of a sparse matrix and the rows. It and its gradient are an operation each; gathering,
    multiplying and summing up by segments take three times as long.
    """
    # A pair of int32, the cell and the position, is an int64 with the cell in its lower half.
    places = tf.bitcast(tf.cast(uses.position, tf.int64) * 2**32 + uses.cell, tf.int32)
    shape = tf.stack([number, tf.shape(values, out_type=tf.int64)[0]])
    return tf.raw_ops.SparseTensorDenseMatMul(a_indices=places, a_values=share, a_shape=shape, b=values)
