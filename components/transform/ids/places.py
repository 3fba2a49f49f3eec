"""Where numbers stand among rising ones."""

from __future__ import annotations

import tensorflow as tf


def first_places(rising: tf.Tensor, numbers: tf.Tensor) -> tf.Tensor:
    """int64 [m]: where each number comes first, or would come.

    As tf.searchsorted, which makes twice as many operations of rows of unknown lengths.

    Args:
        rising: [n].
        numbers: [m], of the same type.
    """
    found = tf.raw_ops.LowerBound(
        sorted_inputs=tf.expand_dims(rising, 0), values=tf.expand_dims(numbers, 0), out_type=tf.int64
    )
    return tf.reshape(found, [-1])
