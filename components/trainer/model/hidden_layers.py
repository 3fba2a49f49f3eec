"""The deep part's layers: ReLU, with batch normalisation and dropout, and a linear one at the end."""

from __future__ import annotations

import itertools

import tensorflow as tf

from widedeep.components.trainer.training_options import DeepOptions

_MOMENTUM = 0.99
_VARIANCE_FLOOR = 1e-3


class HiddenLayers(tf.Module):
    """ReLU layers, with dropout and batch normalisation where asked for, and the last, linear one."""

    def __init__(self, width: int, options: DeepOptions, outputs: int, random: tf.random.Generator) -> None:
        super().__init__()
        self._dropout = options.dropout
        self.kernels: list[tf.Variable] = []
        self.biases: list[tf.Variable] = []
        for index, (fan_in, fan_out) in enumerate(itertools.pairwise([width, *options.hidden, outputs])):
            # He et al. 2015 for the ReLU layers.
            kernel = random.normal([fan_in, fan_out], stddev=(2.0 / fan_in) ** 0.5)
            self.kernels.append(tf.Variable(kernel, name=f"kernel_{index}"))
            self.biases.append(tf.Variable(tf.zeros([fan_out]), name=f"bias_{index}"))
        self.norms = [_BatchNorm(size) for size in options.hidden] if options.batch_norm else []

    @property
    def trainable(self) -> list[tf.Variable]:
        """All variables but the moving averages."""
        return [*self.kernels, *self.biases, *(norm.scale for norm in self.norms)]

    def __call__(self, layer: tf.Tensor, seed: tf.Tensor | None) -> tf.Tensor:
        """float32 [b, outputs], from [b, width]; `seed`, int64 [2], while training."""
        return self.from_first_product(layer @ self.kernels[0], seed)

    def from_first_product(self, product: tf.Tensor, seed: tf.Tensor | None = None) -> tf.Tensor:
        """float32 [b, outputs], from the input's product with the first kernel, [b, units of the first layer]."""
        for index, (kernel, bias) in enumerate(zip(self.kernels[1:], self.biases[:-1], strict=True)):
            if self.norms:
                product = self.norms[index](product, training=seed is not None)
            layer = tf.nn.relu(product + bias)
            if seed is not None and self._dropout:
                layer = tf.nn.experimental.stateless_dropout(
                    layer, self._dropout, seed=seed + tf.constant([0, index], tf.int64)
                )
            product = layer @ kernel
        return product + self.biases[-1]


class _BatchNorm(tf.Module):
    """scale * (x - mean) / sqrt(variance): of the batch in training, else of moving averages (Ioffe & Szegedy 2015)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = tf.Variable(tf.ones([width]), name="scale")
        averaged = {"trainable": False, "aggregation": tf.VariableAggregation.MEAN}
        self.mean = tf.Variable(tf.zeros([width]), name="mean", **averaged)
        self.variance = tf.Variable(tf.ones([width]), name="variance", **averaged)

    def __call__(self, layer: tf.Tensor, training: bool) -> tf.Tensor:
        mean, variance = self.mean, self.variance
        if training:
            mean, variance = tf.nn.moments(layer, axes=[0])
            self.mean.assign_add((1 - _MOMENTUM) * (mean - self.mean))
            self.variance.assign_add((1 - _MOMENTUM) * (variance - self.variance))
        return (layer - mean) * tf.math.rsqrt(variance + _VARIANCE_FLOOR) * self.scale
