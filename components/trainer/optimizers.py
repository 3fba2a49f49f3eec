"""FTRL-proximal and AdaGrad that touch only the rows of a batch, through TensorFlow's fused sparse kernels.

A dense optimizer pays for the whole table at every step; these pay for the batch. The updates are those of
McMahan et al. 2013 (algorithm 1) and Duchi et al. 2011; the sparse and the dense form agree row for row.
"""

from __future__ import annotations

import tensorflow as tf

from components.trainer.options import DeepOptions, WideOptions

# TensorFlow's, and tf.estimator's, default: a larger one damps the first steps.
_INITIAL_ACCUMULATOR = 0.1


class Ftrl(tf.Module):
    """w = 0 if |z| <= l1, else (sign(z) l1 - z) / (sqrt(n)/rate + 2 l2), with n the sum of squared gradients."""

    def __init__(self, variable: tf.Variable, options: WideOptions) -> None:
        super().__init__()
        self._options = options
        self._variable = variable
        self.accumulator = tf.Variable(tf.fill(variable.shape, _INITIAL_ACCUMULATOR), trainable=False)
        self.linear = tf.Variable(tf.zeros(variable.shape), trainable=False)

    def apply_rows(self, gradient: tf.Tensor, rows: tf.Tensor) -> None:
        """One step on different `rows` [k] with their gradients [k, width]."""
        tf.raw_ops.ResourceSparseApplyFtrlV2(
            indices=rows, l1=self._options.l1, l2=self._options.l2, **self._arguments(gradient)
        )

    def apply(self, gradient: tf.Tensor) -> None:
        """One step on the whole variable, without penalties: for the bias."""
        tf.raw_ops.ResourceApplyFtrlV2(l1=0.0, l2=0.0, **self._arguments(gradient))

    def _arguments(self, gradient: tf.Tensor) -> dict[str, object]:
        return {
            "var": self._variable.handle,
            "accum": self.accumulator.handle,
            "linear": self.linear.handle,
            "grad": gradient,
            "lr": self._options.learning_rate,
            "l2_shrinkage": 0.0,
            "lr_power": -0.5,
        }


class Adagrad(tf.Module):
    """w -= rate * g / sqrt(n), with n the sum of squared gradients so far."""

    def __init__(self, variable: tf.Variable, options: DeepOptions) -> None:
        super().__init__()
        self._rate = options.learning_rate
        self._variable = variable
        self.accumulator = tf.Variable(tf.fill(variable.shape, _INITIAL_ACCUMULATOR), trainable=False)

    def apply_rows(self, gradient: tf.Tensor, rows: tf.Tensor) -> None:
        """One step on different `rows` [k] with their gradients [k, width]."""
        tf.raw_ops.ResourceSparseApplyAdagradV2(indices=rows, **self._arguments(gradient))

    def apply(self, gradient: tf.Tensor) -> None:
        """One step on the whole variable."""
        tf.raw_ops.ResourceApplyAdagradV2(**self._arguments(gradient))

    def _arguments(self, gradient: tf.Tensor) -> dict[str, object]:
        return {
            "var": self._variable.handle,
            "accum": self.accumulator.handle,
            "lr": self._rate,
            "epsilon": 0.0,
            "grad": gradient,
        }
