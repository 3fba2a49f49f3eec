"""The factorization machine of degree two (Rendle 2010, equation 1), to compare the joint model with.

    y(x) = w0 + sum_i w_i x_i + sum_{i < j} <v_i, v_j> x_i x_j

The sum over pairs costs what one over single columns does (lemma 3.1):

    sum_{i < j} <u_i, u_j> = (|sum_i u_i|^2 - sum_i |u_i|^2) / 2        with u_i = x_i v_i

u_i is here what an id column's embeddings are pooled to: ids of one set meet those of other columns, not each other. A
number has a vector of its own, and a weight. The weights of ids are the wide table's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from widedeep.components.trainer.model.layout import Layout

# Of the vectors where there are numbers alone.
_WIDTH = 8


class FactorizationMachine(tf.Module):
    """The interactions of all columns of the deep part's input, and the weights of its numbers."""

    def __init__(self, layout: Layout, outputs: int, random: tf.random.Generator, deviation: float) -> None:
        """Makes the numbers' weights, 0, and vectors; those of ids are the embeddings of the layout.

        Args:
            layout: of a model `fm`: its embeddings are of one width, `outputs` vectors each.
            outputs: logits of an example.
            random: draws the vectors.
            deviation: of an embedding's length.
        """
        super().__init__()
        self._outputs = outputs
        self._width = layout.embeddings[0].width if layout.embeddings else outputs * _WIDTH
        self._embedded = layout.deep_width - len(layout.dense)
        vectors = random.normal([len(layout.dense), self._width], stddev=deviation * self._width**-0.5)
        self.vectors = tf.Variable(vectors, name="vectors")
        self.weights = tf.Variable(tf.zeros([len(layout.dense), outputs]), name="weights")

    #: No hidden layers, and no norms.
    kernels: tuple[tf.Variable, ...] = ()

    @property
    def trainable(self) -> list[tf.Variable]:
        """What is trained beside the embeddings."""
        return [self.vectors, self.weights] if self.vectors.shape[0] else []

    def __call__(self, inputs: tf.Tensor, seed: tf.Tensor | None = None) -> tf.Tensor:  # noqa: ARG002
        """float32 [b, outputs], from [b, width]; nothing is dropped in training."""
        return self._from_sums(self._sums(inputs))

    def split(self, columns: Sequence[list[int]]) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]:
        """The machine for input that comes in two.

        Args:
            columns: of the input, of contexts and of candidates.

        Returns:
            From contexts, float32 [requests, all columns], candidates, float32 [requests * each, all columns], and the
            candidates of each, to logits [requests * each, outputs].
        """

        def of_two(contexts: tf.Tensor, candidates: tf.Tensor, each: tf.Tensor) -> tf.Tensor:
            of_contexts, of_candidates = (
                self._sums(rows * np.isin(np.arange(rows.shape[1]), read).astype(np.float32))
                for rows, read in zip((contexts, candidates), columns, strict=True)
            )
            return self._from_sums(tf.repeat(of_contexts, each, axis=0) + of_candidates)

        return of_two

    def _sums(self, inputs: tf.Tensor) -> tf.Tensor:
        """Over the columns, of u, of |u|^2, and of the numbers' weights: float32 [b, width + 2 outputs]."""
        cells = tf.reshape(inputs[:, : self._embedded], [-1, self._embedded // self._width, self._width])
        numbers = inputs[:, self._embedded :]
        sums = tf.reduce_sum(cells, axis=1) + numbers @ self.vectors
        squares = tf.reduce_sum(cells**2, axis=1) + numbers**2 @ self.vectors**2
        return tf.concat([sums, self._by_output(squares), numbers @ self.weights], axis=1)

    def _from_sums(self, sums: tf.Tensor) -> tf.Tensor:
        sums, squares, linear = tf.split(sums, [self._width, self._outputs, self._outputs], axis=1)
        return linear + (self._by_output(sums**2) - squares) / 2.0

    def _by_output(self, vectors: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(tf.reshape(vectors, [-1, self._outputs, self._width // self._outputs]), axis=2)
