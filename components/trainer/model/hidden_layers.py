"""The deep part's layers: with an activation, batch normalisation and dropout, and a linear one at the end."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import tensorflow as tf

from widedeep.components.trainer.model.precision import bfloat16_product
from widedeep.components.trainer.model.products import Products
from widedeep.components.trainer.model.split_layers import SplitLayers
from widedeep.components.trainer.training_options import Activation, DeepOptions

_MOMENTUM = 0.99
_VARIANCE_FLOOR = 1e-3
# Equally likely numbers that a unit's dropout draws from.
_DRAWS = 2**16
# What a layer's weights start with: a variance of this over the number of its inputs keeps the size of what passes.
# He et al. 2015 for what is 0, or nearly, below 0; Glorot & Bengio 2010, and Klambauer et al. 2017, for the others.
_RECTIFIED, _OTHERS = 2.0, 1.0
_ACTIVATIONS: dict[Activation, tuple[Callable[[tf.Tensor], tf.Tensor], float]] = {
    "relu": (tf.nn.relu, _RECTIFIED),
    "leaky_relu": (tf.nn.leaky_relu, _RECTIFIED),
    "elu": (tf.nn.elu, _RECTIFIED),
    "gelu": (tf.nn.gelu, _RECTIFIED),
    "swish": (tf.nn.silu, _RECTIFIED),
    "selu": (tf.nn.selu, _OTHERS),
    "tanh": (tf.tanh, _OTHERS),
    "sigmoid": (tf.sigmoid, _OTHERS),
}


class HiddenLayers(tf.Module):
    """Layers with dropout and batch normalisation where asked for, and the last, linear one."""

    def __init__(
        self,
        width: int,
        options: DeepOptions,
        outputs: int,
        random: tf.random.Generator,
        embedded: int = 0,
        products: Products | None = None,
    ) -> None:
        """Makes the layers.

        Args:
            width: of the input.
            options: the layers, and what is dropped while training.
            outputs: of the last layer.
            random: draws the weights.
            embedded: so many of the inputs, from the first on, are embeddings'.
            products: of the embeddings, which are added to the last layer.
        """
        super().__init__()
        self._dropout, self._embedding_dropout, self._embedded = options.dropout, options.embedding_dropout, embedded
        self._in_bfloat16 = options.precision == "bfloat16"
        self._activation, gain = _ACTIVATIONS[options.activation]
        self.kernels: list[tf.Variable] = []
        self.biases: list[tf.Variable] = []
        for index, (fan_in, fan_out) in enumerate(itertools.pairwise([width, *options.hidden, outputs])):
            kernel = random.normal([fan_in, fan_out], stddev=(gain / fan_in) ** 0.5)
            self.kernels.append(tf.Variable(kernel, name=f"kernel_{index}"))
            self.biases.append(tf.Variable(tf.zeros([fan_out]), name=f"bias_{index}"))
        self.norms = [_BatchNorm(size) for size in options.hidden] if options.batch_norm else []
        self.products = products

    @property
    def trainable(self) -> list[tf.Variable]:
        """All variables but the moving averages."""
        products = [self.products.weights] if self.products else []
        return [*self.kernels, *self.biases, *(norm.scale for norm in self.norms), *products]

    def __call__(self, layer: tf.Tensor, seed: tf.Tensor | None) -> tf.Tensor:
        """float32 [b, outputs], from [b, width]; `seed`, int64 [2], while training."""
        if seed is not None and self._embedding_dropout:
            layer = self._drop_embeddings(layer, seed)
        kept = None if seed is None else self._drawn(layer, seed)
        logits = self._after_first(self._layer(0, self._product(0, layer, kept), kept), kept)
        return logits + self.products(layer) if self.products else logits

    def split(self, columns: Sequence[list[int]]) -> SplitLayers:
        """The layers as they are now, for input that comes in two; see `SplitLayers`."""
        scale, shift = self.norms[0].affine() if self.norms else (1.0, 0.0)
        # A side without columns reads one for nothing: of a product over none, fused with its bias, oneDNN would die.
        kernels = [
            tf.gather(self.kernels[0], read) * scale if read else tf.zeros([1, self.kernels[0].shape[1]])
            for read in columns
        ]
        products = self.products.split(columns) if self.products else None
        columns = [read or [0] for read in columns]
        activation = self._activation if len(self.kernels) > 1 else tf.identity
        return SplitLayers(columns, kernels, shift + self.biases[0], activation, self._after_first, products)

    def _drawn(self, inputs: tf.Tensor, seed: tf.Tensor) -> list[tf.Tensor]:
        """What dropout multiplies each hidden layer with, none without it."""
        hidden = self.biases[:-1] if self._dropout else []
        return _kept(tf.shape(inputs)[0], [bias.shape[0] for bias in hidden], self._dropout, seed) if hidden else []

    def _after_first(self, layer: tf.Tensor, kept: Sequence[tf.Tensor] | None = None) -> tf.Tensor:
        for index in range(1, len(self.kernels)):
            layer = self._layer(index, self._product(index, layer, kept), kept)
        return layer

    def _product(self, index: int, layer: tf.Tensor, kept: Sequence[tf.Tensor] | None) -> tf.Tensor:
        """A layer's input times its kernel; `kept` while training, where a hidden layer's may be in bfloat16.

        What predicts is in float32: sums in another order, as a server's of a context's and a candidate's columns are,
        would be rounded to other activations.
        """
        kernel = self.kernels[index]
        narrow = self._in_bfloat16 and kept is not None and index < len(self.kernels) - 1
        return bfloat16_product(layer, kernel) if narrow else layer @ kernel

    def _layer(self, index: int, product: tf.Tensor, kept: Sequence[tf.Tensor] | None) -> tf.Tensor:
        """A layer's output from its input's product with its kernel; `kept` as from `_drawn`, while training."""
        # TensorFlow computes a product, this way of adding, and ReLU as one operation. Its gradient sums up in another
        # order: what is trained goes the plain way.
        add = tf.nn.bias_add if kept is None else tf.add
        if index == len(self.kernels) - 1:
            return add(product, self.biases[index])
        if self.norms:
            product = self.norms[index](product, training=kept is not None)
        layer = self._activation(add(product, self.biases[index]))
        return layer * kept[index] if kept else layer

    def _drop_embeddings(self, inputs: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        embeddings, numbers = inputs[:, : self._embedded], inputs[:, self._embedded :]
        # Draws of its own.
        apart = seed + tf.constant([0, 1], tf.int64)
        [kept] = _kept(tf.shape(inputs)[0], [self._embedded], self._embedding_dropout, apart)
        return tf.concat([embeddings * kept, numbers], axis=1)


def _kept(rows: tf.Tensor, units: Sequence[int], rate: float, seed: tf.Tensor) -> list[tf.Tensor]:
    """What dropout (Srivastava et al. 2014) multiplies the units of some layers with, float32 [rows, units] of each.

    0 at a rate that is a multiple of 2^-16, and else what keeps the expected value. Drawn for all layers at once, by 16
    random bits a unit: TensorFlow's own takes 32, whose drawing was a fifth of a step's CPU time.
    """
    size, dropped = rows * sum(units), min(round(rate * _DRAWS), _DRAWS - 1)
    drawn = tf.random.stateless_uniform([-(-size // 4)], seed, minval=None, maxval=None, dtype=tf.uint64)
    draws = tf.reshape(tf.bitcast(drawn, tf.uint16), [-1])[:size]
    # 0 for the lowest draws, 1 for the others, without a comparison, which takes longer than all else here.
    kept = tf.clip_by_value(tf.cast(draws, tf.float32) - (dropped - 1), 0.0, 1.0) / (1 - dropped / _DRAWS)
    # A layer's lie together, so that the parts are not copied.
    of_layers = tf.split(kept, [rows * width for width in units])
    return [tf.reshape(of_layer, [rows, width]) for of_layer, width in zip(of_layers, units, strict=True)]


class _BatchNorm(tf.Module):
    """scale * (x - mean) / sqrt(variance): of the batch in training, else of moving averages (Ioffe & Szegedy 2015)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = tf.Variable(tf.ones([width]), name="scale")
        averaged = {"trainable": False, "aggregation": tf.VariableAggregation.MEAN}
        self.mean = tf.Variable(tf.zeros([width]), name="mean", **averaged)
        self.variance = tf.Variable(tf.ones([width]), name="variance", **averaged)

    def affine(self) -> tuple[tf.Tensor, tf.Tensor]:
        """What it multiplies with, and adds then, where it isn't training: float32 [width]."""
        scale = tf.math.rsqrt(self.variance + _VARIANCE_FLOOR) * self.scale
        return scale, -self.mean * scale

    def __call__(self, layer: tf.Tensor, training: bool) -> tf.Tensor:
        mean, variance = self.mean, self.variance
        if training:
            mean, variance = tf.nn.moments(layer, axes=[0])
            self.mean.assign_add((1 - _MOMENTUM) * (mean - self.mean))
            self.variance.assign_add((1 - _MOMENTUM) * (variance - self.variance))
        return (layer - mean) * tf.math.rsqrt(variance + _VARIANCE_FLOOR) * self.scale
