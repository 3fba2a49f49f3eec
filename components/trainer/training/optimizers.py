"""FTRL-proximal, AdaGrad and Adam that touch only the rows of a batch.

A dense optimizer pays for the whole table at every step; these pay for the batch: FTRL and AdaGrad through
TensorFlow's fused sparse kernels. Their updates are those of McMahan et al. 2013 (algorithm 1) and Duchi et al. 2011;
the sparse and the dense form agree row for row. Adam's (Kingma & Ba 2015) is the lazy form: the moments of a row decay
at the steps that use it.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import tensorflow as tf

from widedeep.components.trainer.training_options import DeepOptions, WideOptions

# TensorFlow's, and tf.estimator's, default: a larger one damps the first steps.
_INITIAL_ACCUMULATOR = 0.1
_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8


class Optimizer(Protocol):
    """Updates one variable; `slots` are the variables that it keeps beside it, by name, in the variable's shape."""

    slots: dict[str, tf.Variable]

    def apply_rows(self, gradient: tf.Tensor, rows: tf.Tensor, factor: tf.Tensor) -> None:
        """One step on different `rows` [k] with their gradients [k, width], at `factor` times the learning rate."""

    def apply(self, gradient: tf.Tensor, factor: tf.Tensor) -> None:
        """One step on the whole variable."""


class Ftrl(tf.Module):
    """w = 0 if |z| <= l1, else (sign(z) l1 - z) / (sqrt(n)/rate + 2 l2), with n the sum of squared gradients.

    The factor is not for it: see Schedule.
    """

    def __init__(self, variable: tf.Variable, options: WideOptions) -> None:
        super().__init__()
        self._options = options
        self._variable = variable
        self.slots = {"accumulator": _slot(variable, _INITIAL_ACCUMULATOR), "linear": _slot(variable, 0.0)}

    def apply_rows(self, gradient: tf.Tensor, rows: tf.Tensor, factor: tf.Tensor) -> None:  # noqa: ARG002
        """See Optimizer."""
        tf.raw_ops.ResourceSparseApplyFtrlV2(
            indices=rows, l1=self._options.l1, l2=self._options.l2, **self._arguments(gradient)
        )

    def apply(self, gradient: tf.Tensor, factor: tf.Tensor) -> None:  # noqa: ARG002
        """One step on the whole variable, without penalties: for the bias."""
        tf.raw_ops.ResourceApplyFtrlV2(l1=0.0, l2=0.0, **self._arguments(gradient))

    def follow(self) -> None:
        """Makes the slots those that give the variable's present value, without penalties."""
        scale = tf.sqrt(self.slots["accumulator"]) / self._options.learning_rate
        self.slots["linear"].assign(-self._variable * scale)

    def _arguments(self, gradient: tf.Tensor) -> dict[str, object]:
        return {
            "var": self._variable.handle,
            "accum": self.slots["accumulator"].handle,
            "linear": self.slots["linear"].handle,
            "grad": gradient,
            "lr": self._options.learning_rate,
            "l2_shrinkage": 0.0,
            "lr_power": -0.5,
        }


class Penalties(NamedTuple):
    """What is added to a batch's summed loss for the weights w that it uses: the sum of l1 |w| + l2 w^2 / 2."""

    l1: float = 0.0
    l2: float = 0.0

    def gradient(self, loss: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        """The gradient of the loss and the penalties together."""
        if self.l1:
            loss += self.l1 * tf.sign(weights)
        return loss + self.l2 * weights if self.l2 else loss

    def __bool__(self) -> bool:
        return bool(self.l1 or self.l2)


NO_PENALTIES = Penalties()


class Adagrad(tf.Module):
    """w -= rate * g / sqrt(n), with n the sum of squared gradients so far."""

    def __init__(self, variable: tf.Variable, options: DeepOptions, penalties: Penalties = NO_PENALTIES) -> None:
        super().__init__()
        self._rate = options.learning_rate
        self._penalties = penalties
        self._variable = variable
        self.slots = {"accumulator": _slot(variable, _INITIAL_ACCUMULATOR)}

    def apply_rows(self, gradient: tf.Tensor, rows: tf.Tensor, factor: tf.Tensor) -> None:
        """See Optimizer."""
        if self._penalties:
            gradient = self._penalties.gradient(gradient, tf.gather(self._variable, rows))
        tf.raw_ops.ResourceSparseApplyAdagradV2(indices=rows, **self._arguments(gradient, factor))

    def apply(self, gradient: tf.Tensor, factor: tf.Tensor) -> None:
        """See Optimizer."""
        gradient = self._penalties.gradient(gradient, self._variable)
        tf.raw_ops.ResourceApplyAdagradV2(**self._arguments(gradient, factor))

    def _arguments(self, gradient: tf.Tensor, factor: tf.Tensor) -> dict[str, object]:
        return {
            "var": self._variable.handle,
            "accum": self.slots["accumulator"].handle,
            "lr": self._rate * factor,
            "epsilon": 0.0,
            "grad": gradient,
        }


class Adam(tf.Module):
    """w -= rate * m / (sqrt(v) + eps), with m and v the moving means of g and g^2, corrected for their start at 0."""

    def __init__(self, variable: tf.Variable, options: DeepOptions, penalties: Penalties = NO_PENALTIES) -> None:
        super().__init__()
        self._rate = options.learning_rate
        self._penalties = penalties
        self._variable = variable
        # `uses` counts a row's steps: the correction for the start is the row's own.
        self.slots = {name: _slot(variable, 0.0) for name in ("mean", "square", "uses")}

    def apply_rows(self, gradient: tf.Tensor, rows: tf.Tensor, factor: tf.Tensor) -> None:
        """See Optimizer."""
        if self._penalties:
            gradient = self._penalties.gradient(gradient, tf.gather(self._variable, rows))
        before = {name: tf.gather(slot, rows) for name, slot in self.slots.items()}
        change, after = self._step(gradient, before, factor)
        self._variable.scatter_sub(tf.IndexedSlices(change, rows))
        for name, slot in self.slots.items():
            slot.scatter_update(tf.IndexedSlices(after[name], rows))

    def apply(self, gradient: tf.Tensor, factor: tf.Tensor) -> None:
        """See Optimizer."""
        gradient = self._penalties.gradient(gradient, self._variable)
        change, after = self._step(gradient, dict(self.slots), factor)
        self._variable.assign_sub(change)
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
    return kind(variable, options, penalties)


def _slot(variable: tf.Variable, start: float) -> tf.Variable:
    return tf.Variable(tf.fill(variable.shape, start), trainable=False)
