"""Trained layers for many candidates of one context: what holds for all of them is computed once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import tensorflow as tf

Layers = Callable[[tf.Tensor], tf.Tensor]
# Logits of what stands beside the layers, from contexts, candidates, and the candidates of each.
Beside = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


class SplitLayers(tf.Module):
    """Trained layers for input of which some columns are a context's, and hold for all of its candidates.

    The first product is a sum over columns: of a context it is computed once, and of both only what the other needs.
    """

    def __init__(
        self,
        columns: Sequence[list[int]],
        kernels: Sequence[tf.Tensor],
        bias: tf.Tensor,
        activation: Layers,
        after_first: Layers,
        beside: Beside | None = None,
    ) -> None:
        """Holds copies of what the first layer is made of.

        Args:
            columns: of the input, of contexts and of candidates.
            kernels: their rows of the first kernel.
            bias: of the first layer.
            activation: of the first layer.
            after_first: the layers after the first.
            beside: what is added to the last one.
        """
        super().__init__()
        self._columns, self._activation, self._after_first, self._beside = columns, activation, after_first, beside
        self._kernels = [tf.Variable(kernel, trainable=False, name="kernel_of_side") for kernel in kernels]
        self._bias = tf.Variable(bias, trainable=False, name="bias")

    def __call__(self, contexts: tf.Tensor, candidates: tf.Tensor, each: tf.Tensor) -> tf.Tensor:
        """float32 [requests * each, outputs].

        Args:
            contexts: float32 [requests, all columns], of which the contexts' are read.
            candidates: float32 [requests * each, all columns], of which the candidates' are read.
            each: int64 scalar.
        """
        shared, own = (taken(rows, read) for rows, read in zip((contexts, candidates), self._columns, strict=True))
        first = shared @ self._kernels[0] + self._bias

        def of_one() -> tf.Tensor:
            # What one context adds is a bias: product, bias and activation are then one operation.
            return self._activation(tf.nn.bias_add(own @ self._kernels[1], first[0]))

        def of_many() -> tf.Tensor:
            return self._activation(own @ self._kernels[1] + tf.repeat(first, each, axis=0))

        logits = self._after_first(tf.cond(tf.shape(first)[0] == 1, of_one, of_many))
        return logits + self._beside(contexts, candidates, each) if self._beside else logits


def taken(rows: tf.Tensor, columns: list[int]) -> tf.Tensor:
    """Some columns of rows, in stretches: a gather would copy the numbers of each row one by one."""
    starts = [place for place, column in enumerate(columns) if not place or column != columns[place - 1] + 1]
    stretches = [columns[start:end] for start, end in itertools.pairwise([*starts, len(columns)])]
    return tf.concat([rows[:, stretch[0] : stretch[-1] + 1] for stretch in stretches], axis=1)
