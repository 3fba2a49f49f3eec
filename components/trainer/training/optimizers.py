"""AdaGrad and Adam that touch only the rows of a batch.

A dense optimizer pays for the whole table at every step; these pay for the batch. AdaGrad's update is that of Duchi et
al. 2011; the sparse and the dense form agree row for row. Adam's (Kingma & Ba 2015) is the lazy form: the moments of a
row decay at the steps that use it. Rows are gathered, computed as one tensor and written back: TensorFlow's fused
sparse kernels, which go row by row, take three times as long.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import tensorflow as tf

from widedeep.components.trainer.model.ftrl_table import INITIAL_ACCUMULATOR
from widedeep.components.trainer.training_options import DeepOptions

_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8


class Optimizer(Protocol):
    """Updates a table's `variable`; `slots` are those that it keeps beside it, by name, in the same shape."""

    variable: tf.Variable
    slots: dict[str, tf.Variable]

    def apply_rows(
        self, gradient: tf.Tensor, rows: tf.Tensor, factor: tf.Tensor, held: tf.Tensor | None = None
    ) -> None:
        """One step on some rows.

        Args:
            gradient: [k, width].
            rows: [k], different ones.
            factor: how many times the learning rate.
            held: [k, width], what `variable` holds of them, where that has been read; rows of a large table are far
                apart.
        """


class Penalties(NamedTuple):
    """What is added to a batch's summed loss for the weights w that it uses: the sum of l1 |w| + l2 w^2 / 2."""

    l1: float = 0.0
    l2: float = 0.0

    def gradient(self, loss: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        """The gradient of the loss and the penalties together."""
        if self.l1:
            loss += self.l1 * tf.sign(weights)
        return loss + self.l2 * weights if self.l2 else loss


NO_PENALTIES = Penalties()


class Adagrad(tf.Module):
    """w -= rate * g / sqrt(n), with n the sum of squared gradients so far."""

    def __init__(self, variable: tf.Variable, rate: float, penalties: Penalties = NO_PENALTIES) -> None:
        super().__init__()
        self._rate = rate
        self._penalties = penalties
        self.variable = variable
        self.slots = {"accumulator": _slot(variable, INITIAL_ACCUMULATOR)}

    def apply_rows(
        self, gradient: tf.Tensor, rows: tf.Tensor, factor: tf.Tensor, held: tf.Tensor | None = None
    ) -> None:
        """See Optimizer."""
        weights, accumulator = self.variable, self.slots["accumulator"]
        before = tf.gather(weights, rows) if held is None else held
        gradient = self._penalties.gradient(gradient, before)
        squares = tf.gather(accumulator, rows) + tf.square(gradient)
        accumulator.scatter_update(tf.IndexedSlices(squares, rows))
        after = before - self._rate * factor * gradient * tf.math.rsqrt(squares)
        weights.scatter_update(tf.IndexedSlices(after, rows))

    def apply(self, gradient: tf.Tensor, factor: tf.Tensor) -> None:
        """One step on the whole variable."""
        tf.raw_ops.ResourceApplyAdagradV2(
            var=self.variable.handle,
            accum=self.slots["accumulator"].handle,
            lr=self._rate * factor,
            epsilon=0.0,
            grad=self._penalties.gradient(gradient, self.variable),
        )


class Adam(tf.Module):
    """w -= rate * m / (sqrt(v) + eps), with m and v the moving means of g and g^2, corrected for their start at 0."""

    def __init__(self, variable: tf.Variable, rate: float, penalties: Penalties = NO_PENALTIES) -> None:
        super().__init__()
        self._rate = rate
        self._penalties = penalties
        self.variable = variable
        # `uses` counts a row's steps: the correction for the start is the row's own.
        self.slots = {name: _slot(variable, 0.0) for name in ("mean", "square", "uses")}

    def apply_rows(
        self, gradient: tf.Tensor, rows: tf.Tensor, factor: tf.Tensor, held: tf.Tensor | None = None
    ) -> None:
        """See Optimizer."""
        weights = tf.gather(self.variable, rows) if held is None else held
        gradient = self._penalties.gradient(gradient, weights)
        before = {name: tf.gather(slot, rows) for name, slot in self.slots.items()}
        change, after = self._step(gradient, before, factor)
        self.variable.scatter_update(tf.IndexedSlices(weights - change, rows))
        for name, slot in self.slots.items():
            slot.scatter_update(tf.IndexedSlices(after[name], rows))

    def apply(self, gradient: tf.Tensor, factor: tf.Tensor) -> None:
        """One step on the whole variable."""
        gradient = self._penalties.gradient(gradient, self.variable)
        change, after = self._step(gradient, dict(self.slots), factor)
        self.variable.assign_sub(change)
        for name, slot in self.slots.items():
            slot.assign(after[name])

    def _step(
        self, gradient: tf.Tensor, slots: dict[str, tf.Tensor], factor: tf.Tensor
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        mean = _BETA_1 * slots["mean"] + (1 - _BETA_1) * gradient
        square = _BETA_2 * slots["square"] + (1 - _BETA_2) * gradient**2
        uses = slots["uses"] + 1.0
        unbiased = mean / (1 - _BETA_1**uses), square / (1 - _BETA_2**uses)
        change = self._rate * factor * unbiased[0] / (tf.sqrt(unbiased[1]) + _EPSILON)
        return change, {"mean": mean, "square": square, "uses": uses}


def deep_optimizer(variable: tf.Variable, options: DeepOptions, penalties: Penalties = NO_PENALTIES) -> Adagrad | Adam:
    """The optimizer that the options name."""
    kind = Adam if options.optimizer == "adam" else Adagrad
    return kind(variable, options.learning_rate, penalties)


def _slot(variable: tf.Variable, start: float) -> tf.Variable:
    return tf.Variable(tf.fill(variable.shape, start), trainable=False)
