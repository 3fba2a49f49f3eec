"""Hashed cross-product columns, of sets too.

A cross is AND(a, b, ...) over the values of its members (Cheng et al. 2016, equation 1); where a member is a set,
each combination of members is a feature. The id of the combination (a, ..., d) is

    Cat(... Cat(Cat(HASH_KEY, F(a)), F(b)) ..., F(d)) mod buckets

with FarmHash's Fingerprint64 F of each value's bytes and TensorFlow's FingerprintCat64 Cat: equal on every machine,
in training and in serving, and independent of the order of rows and of a set's members.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

# Any fixed number will do; it is the one that TensorFlow's own crossed columns use, so ids compare with theirs.
HASH_KEY = 0xDECAFCAFFE


def members(raw: tf.SparseTensor) -> tf.SparseTensor:
    """The raw strings [batch, any]: an empty one is a missing value; a set may hold a value several times."""
    return tf.sparse.retain(raw, is_member(raw))


def is_member(raw: tf.SparseTensor) -> tf.Tensor:
    """Which of the raw strings are values: bool [n]."""
    return raw.values != ""


def cross_ids(members: Sequence[tf.SparseTensor], buckets: int) -> tf.SparseTensor:
    """Ids of all combinations of the members' values, row by row.

    Args:
        members: string tensors of shape [batch, any], one a crossed feature.
        buckets: ids are in 0..buckets-1.

    Returns:
        int64 of shape [batch, any], each row's ids rising and different. A row in which a member is empty is
        empty.
    """
    return unique(tf.sparse.cross_hashed(list(members), num_buckets=buckets, hash_key=HASH_KEY))


def unique(sets: tf.SparseTensor) -> tf.SparseTensor:
    """Each row's different values in rising order: a set counts a value once, in any order."""
    indices, values, shape = tf.raw_ops.SparseToSparseSetOperation(
        set1_indices=sets.indices,
        set1_values=sets.values,
        set1_shape=sets.dense_shape,
        set2_indices=sets.indices,
        set2_values=sets.values,
        set2_shape=sets.dense_shape,
        set_operation="union",
        # The rows are in order, but a row's values need not be.
        validate_indices=False,
    )
    return tf.SparseTensor(indices, values, shape)
