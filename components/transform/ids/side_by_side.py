"""Several columns of sets as one."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf


def side_by_side(columns: Sequence[tf.SparseTensor]) -> tf.SparseTensor:
    """Each row's values of the first column, then of the second, and so on, without gaps, as TFT wants them.

    As tf.sparse.concat along a row, which sorts pairs of indices: of 100,000 ids it takes some three times as long.

    Args:
        columns: of the same number of rows, below 2**31, in order.
    """
    row = tf.concat([column.indices[:, 0] for column in columns], axis=0)
    # Falling, those that are equal in the order in which they come.
    order = tf.math.top_k(-tf.cast(row, tf.int32), tf.size(row)).indices
    row = tf.gather(row, order)
    values = tf.gather(tf.concat([column.values for column in columns], axis=0), order)
    # A value's place is its distance from the row's first.
    place = tf.range(tf.size(row, out_type=tf.int64)) - tf.searchsorted(row, row, out_type=tf.int64)
    width = tf.add_n([column.dense_shape[1] for column in columns])
    return tf.SparseTensor(tf.stack([row, place], axis=1), values, tf.stack([columns[0].dense_shape[0], width]))
