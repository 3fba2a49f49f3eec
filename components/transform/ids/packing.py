"""Columns of ids as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from widedeep.components.transform.ids.places import first_places
from widedeep.components.transform.packed_columns import ID_BITS


class Ids(NamedTuple):
    """A column of ids.

    Attributes:
        row: int64 [n].
        ids: int64 [n].
        present: bool [n], which are ids: the others are left out.
        shape: int64 [2]: rows, and how many ids one may have.
    """

    row: tf.Tensor
    ids: tf.Tensor
    present: tf.Tensor
    shape: tf.Tensor


def pack(columns: Sequence[Ids], each_once: bool) -> tf.SparseTensor:
    """Each row's ids of the first column, then of the second, and so on, tagged with their columns' numbers.

    A column's are rising. They are put in order as one number each, of row, column and id: whatever there is of sets,
    one sort does, and no pairs of indices are compared.

    Args:
        columns: in order, of the same number of rows, which is below 2**31 / columns.
        each_once: whether a row may have an id of a column several times, which then is there once.

    Returns:
        int64 [rows, any], without gaps, as TFT wants them.
    """
    bits = ID_BITS + (len(columns) - 1).bit_length()
    tagged = tf.concat([column.ids + (number << ID_BITS) for number, column in enumerate(columns)], axis=0)
    row = tf.concat([column.row for column in columns], axis=0)
    present = tf.where(tf.concat([column.present for column in columns], axis=0))[:, 0]
    keys = tf.gather(tf.bitwise.left_shift(row, bits) + tagged, present)
    # The largest come first.
    keys = -tf.math.top_k(-keys, tf.size(keys)).values
    if each_once:
        before = tf.pad(keys, [[1, 0]], constant_values=-1)[:-1]
        keys = tf.gather(keys, tf.where(keys != before)[:, 0])
    row, values = tf.bitwise.right_shift(keys, bits), tf.bitwise.bitwise_and(keys, (1 << bits) - 1)
    # An id's place is its distance from the row's first.
    place = tf.range(tf.size(row, tf.int64)) - first_places(row, row)
    width = tf.add_n([column.shape[1] for column in columns])
    return tf.SparseTensor(tf.stack([row, place], axis=1), values, tf.stack([columns[0].shape[0], width]))
