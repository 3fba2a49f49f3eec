"""Raw features as named dense tensors, in which "" and NaN mean missing: what a request to a server can hold.

A categorical is string [n], a number float32 [n], float64 [n] where it is declared to have 64 bits, a time float64 [n],
and a set string [n, any]; a ranking request puts [requests, candidates] in n's place.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from widedeep.components.features.spec import Feature

TYPES = {"categorical": tf.string, "set": tf.string, "numeric": tf.float32, "time": tf.float32}


def dtype(feature: Feature) -> tf.DType:
    """Of the feature's tensor."""
    return tf.float64 if feature.rest else TYPES[feature.kind]


def halves(feature: Feature, number: tf.SparseTensor) -> dict[str, tf.SparseTensor]:
    """A 64-bit number, or a time, as tf.Examples and Transform have it: in 32 bits, and its rest in 32 more."""
    assert feature.rest
    narrow = tf.cast(number.values, tf.float32)
    rest = tf.cast(number.values - tf.cast(narrow, tf.float64), tf.float32)
    return {feature.key: number.with_values(narrow), feature.rest: number.with_values(rest)}


def parsing(features: Sequence[Feature]) -> dict[str, tf.io.VarLenFeature]:
    """How tf.Examples of the features are parsed."""
    parsers = {feature.key: tf.io.VarLenFeature(TYPES[feature.kind]) for feature in features}
    return parsers | {feature.rest: tf.io.VarLenFeature(tf.float32) for feature in features if feature.rest}


def tensor_spec(feature: Feature, leading: int, name: str) -> tf.TensorSpec:
    """What the feature looks like under a name, with `leading` dimensions before a set's own."""
    shape = [None] * (leading + (feature.kind == "set"))
    return tf.TensorSpec(shape, dtype(feature), name=name)


def missing(feature: Feature, leading: int) -> tf.Tensor:
    """The feature without a value, which holds for any number of rows: [1], or [1, 0] of a set."""
    shape = [1] * leading
    if feature.kind == "set":
        return tf.zeros([*shape, 0], tf.string)
    return tf.fill(shape, tf.constant("" if feature.kind == "categorical" else float("nan"), dtype(feature)))


def present(feature: Feature, tensor: tf.Tensor) -> tf.Tensor:
    """Whether there is a value: bool, without a set's own dimension."""
    if feature.is_number:
        return ~tf.math.is_nan(tensor)
    return tf.reduce_any(tensor != "", axis=-1) if feature.kind == "set" else tensor != ""


def sizes(tensors: Sequence[tf.Tensor], dimensions: int) -> tf.Tensor:
    """int64 [dimensions]: sizes of the leading dimensions, in which a tensor of size 1 goes with any."""
    shapes = _shapes(tensors)
    # A set has a dimension more.
    return tf.reduce_max(
        tf.stack(
            [
                shape if tensor.shape.rank == dimensions else shape[:dimensions]
                for shape, tensor in zip(shapes, tensors, strict=True)
            ]
        ),
        axis=0,
    )


def _shapes(tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Of each, int64: by one operation for all of a type."""
    shapes: dict[int, tf.Tensor] = {}
    for dtype in dict.fromkeys(tensor.dtype for tensor in tensors):
        numbers = [number for number, tensor in enumerate(tensors) if tensor.dtype == dtype]
        shapes.update(zip(numbers, tf.shape_n([tensors[number] for number in numbers], tf.int64), strict=True))
    return [shapes[number] for number in range(len(tensors))]


def to_sparse(feature: Feature, tensor: tf.Tensor, leading: Sequence[tf.Tensor]) -> tf.SparseTensor:
    """The feature as Transform reads it, [rows, any], of the leading dimensions' product of rows.

    Args:
        feature: whose values they are.
        tensor: as `tensor_spec` has it; a leading dimension of size 1 is repeated.
        leading: sizes of the leading dimensions, int64 scalars.
    """
    members = tf.shape(tensor, tf.int64)[-1:] if feature.kind == "set" else tf.constant([], tf.int64)
    spread = tf.broadcast_to(tensor, tf.concat([tf.stack(leading), members], axis=0))
    rows = tf.reduce_prod(tf.stack(leading))
    width = members[0] if feature.kind == "set" else tf.constant(1, tf.int64)
    count = tf.range(rows * width)
    indices = tf.stack([count // tf.maximum(width, 1), count % tf.maximum(width, 1)], axis=1)
    return tf.SparseTensor(indices, tf.reshape(spread, [-1]), tf.stack([rows, width]))
