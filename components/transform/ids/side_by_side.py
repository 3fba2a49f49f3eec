"""Several columns of sets as one."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from widedeep.components.transform.ids.places import first_places


def side_by_side(columns: Sequence[tf.SparseTensor]) -> tf.SparseTensor:
    """Each row's values of the first column, then of the second, and so on, without gaps, as TFT wants them.

    As tf.sparse.concat along a row, which sorts pairs of indices: of 200,000 ids it takes twenty times as long. And as
    tf.concat of ragged rows, whose graph has three times as many operations.

    Args:
        columns: of the same number of rows, in order.
    """
    rows, width = columns[0].dense_shape[0], len(columns)
    # A piece is a column's part of a row. They lie column by column, and are taken row by row.
    pieces = rows * width
    piece = tf.concat([column.indices[:, 0] + number * rows for number, column in enumerate(columns)], axis=0)
    taken = tf.raw_ops.RaggedGather(
        params_nested_splits=[first_places(piece, tf.range(pieces + 1))],
        params_dense_values=tf.concat([column.values for column in columns], axis=0),
        indices=tf.reshape(tf.transpose(tf.reshape(tf.range(pieces), [width, -1])), [-1]),
        OUTPUT_RAGGED_RANK=1,
    )
    merged = tf.raw_ops.RaggedTensorToSparse(
        rt_nested_splits=[taken.output_nested_splits[0][::width]],
        rt_dense_values=taken.output_dense_values,
    )
    return tf.SparseTensor(merged.sparse_indices, merged.sparse_values, merged.sparse_dense_shape)
