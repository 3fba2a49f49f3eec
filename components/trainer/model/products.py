"""What every two embeddings say together: their product, with a weight for each pair of columns (Pan et al. 2018).

    sum_{i < j} r_ij <u_i, u_j>

u_i is what a column's embeddings are pooled to; only columns of one width have a product. Hidden layers have to learn a
product from its sums, slowly (Rendle et al. 2020, "Neural Collaborative Filtering vs. Matrix Factorization Revisited").
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from widedeep.components.trainer.model.layout import Layout
from widedeep.components.trainer.model.split_layers import Beside, taken


class Products(tf.Module):
    """The products of a layout's embeddings. `pairs` has the columns of each weight, and their width."""

    def __init__(self, layout: Layout, outputs: int, random: tf.random.Generator) -> None:
        """Makes the weights.

        Args:
            layout: the inputs.
            outputs: logits of an example.
            random: draws the weights of several logits, which would stay equal if they began as that.

        Raises:
            ConfigError: no two columns have embeddings of one width.
        """
        super().__init__()
        self._inputs = layout.deep_width
        groups = layout.widths()
        self._groups = [(width, len(columns)) for width, columns in groups.items()]
        self.pairs, places, cells = list[tuple[str, str, int]](), [], 0
        for width, columns in groups.items():
            for first, second in itertools.combinations(range(len(columns)), 2):
                one, other = sorted((columns[first], columns[second]))
                self.pairs.append((one, other, width))
                places.append([cells + first * len(columns) + second])
            cells += len(columns) ** 2
        shape = [len(self.pairs), outputs]
        self.weights = tf.Variable(tf.ones(shape) if outputs == 1 else random.normal(shape), name="product_weights")
        self._places, self._shape = np.array(places, np.int32), [cells, outputs]

    def __call__(self, inputs: tf.Tensor) -> tf.Tensor:
        """float32 [b, outputs], from the deep part's input, [b, width]."""
        products, start = [], 0
        for width, columns in self._groups:
            vectors = tf.reshape(inputs[:, start : start + columns * width], [-1, columns, width])
            start += columns * width
            products.append(tf.reshape(tf.matmul(vectors, vectors, transpose_b=True), [-1, columns**2]))
        # Each pair's weight is above the diagonal, and 0 stands elsewhere.
        return tf.concat(products, axis=1) @ tf.scatter_nd(self._places, self.weights, self._shape)

    def split(self, columns: Sequence[list[int]]) -> Beside:
        """The products as they are now, of one logit and of input that comes in two.

        Between a context and its candidates they are the candidates' product with a vector that is the same for all.

        Args:
            columns: of the input, of contexts and of candidates.
        """
        weights = self._matrix()
        # A side without columns reads one, whose weights are 0.
        (contexts_read, some), (candidates_read, others) = ((read or [0], bool(read)) for read in columns)
        own_of_contexts = tf.constant(some * weights[np.ix_(contexts_read, contexts_read)])
        own_of_candidates = tf.constant(others * weights[np.ix_(candidates_read, candidates_read)])
        between = tf.constant(2 * some * others * weights[np.ix_(contexts_read, candidates_read)])

        def of_two(contexts: tf.Tensor, candidates: tf.Tensor, each: tf.Tensor) -> tf.Tensor:
            shared, own = taken(contexts, contexts_read), taken(candidates, candidates_read)
            of_contexts = _sum((shared @ own_of_contexts) * shared)
            of_both = _sum(own * (tf.repeat(shared @ between, each, axis=0) + own @ own_of_candidates))
            return tf.repeat(of_contexts, each, axis=0) + of_both

        return of_two

    def _matrix(self) -> np.ndarray:
        """float32 [width, width], symmetric: of an input x the products are x' M x."""
        matrix, start, pair = np.zeros([self._inputs, self._inputs], np.float32), 0, 0
        for width, columns in self._groups:
            places = start + width * np.arange(columns)[:, None] + np.arange(width)
            for first, second in itertools.combinations(places, 2):
                matrix[first, second] = matrix[second, first] = self.weights.numpy()[pair, 0] / 2
                pair += 1
            start += columns * width
        return matrix


def _sum(rows: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(rows, axis=1, keepdims=True)
