"""Numbers as Transform reads them."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

from widedeep.components.features.spec import Feature


def raw_number(feature: Feature, raw: Mapping[str, tf.SparseTensor]) -> tf.Tensor:
    """float32 [batch], float64 of a 64-bit number or a time: NaN where there is none.

    Args:
        feature: a numeric one, or a time.
        raw: its number, and the rest that 32 bits don't hold, by their names.
    """
    value = _dense(raw[feature.key])
    if not feature.rest:
        return value
    rest = _dense(raw[feature.rest])
    rest = tf.where(tf.math.is_nan(rest), tf.zeros_like(rest), rest)
    return tf.cast(value, tf.float64) + tf.cast(rest, tf.float64)


def _dense(raw: tf.SparseTensor) -> tf.Tensor:
    """float32 [batch]: each row's value, NaN where it has none."""
    rows = raw.indices[:, 0]
    empty = tf.fill([raw.dense_shape[0]], tf.constant(float("nan")))
    return tf.tensor_scatter_nd_update(empty, rows[:, None], raw.values)
