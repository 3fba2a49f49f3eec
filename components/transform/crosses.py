"""Hashed cross-product columns, of sets too.

A cross is AND(a, b, ...) over the values of its members (Cheng et al. 2016, equation 1); where a member is a set,
each combination of members is a feature. The id of the combination (a, ..., d) is

    Cat(... Cat(Cat(HASH_KEY, F(a)), F(b)) ..., F(d)) mod buckets

with FarmHash's Fingerprint64 F of each value's bytes and TensorFlow's FingerprintCat64 Cat: equal on every machine,
in training and in serving, and independent of the order of rows and of a set's members.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from widedeep.components.features.spec import Feature

# Any fixed number will do; it is the one that TensorFlow's own crossed columns use, so ids compare with theirs.
HASH_KEY = 0xDECAFCAFFE


def members(feature: Feature, raw: tf.SparseTensor) -> tf.SparseTensor:
    """The raw strings [batch, any] of a feature: an empty one is a missing value, and a set holds each value once."""
    strings = tf.sparse.retain(raw, raw.values != "")
    return unique(strings) if feature.kind == "set" else strings


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


class Values(NamedTuple):
    """Values, or ids, of rows with gaps: `numbers` [..., any], and which of them are there, bool [..., any]."""

    numbers: tf.Tensor
    present: tf.Tensor


def fingerprints(strings: tf.Tensor) -> tf.Tensor:
    """FarmHash's Fingerprint64 of each string's bytes, uint64 of the same shape."""
    flat = tf.raw_ops.Fingerprint(data=tf.reshape(strings, [-1]), method="farmhash64")
    return tf.reshape(tf.bitcast(flat, tf.uint64), tf.shape(strings))


def cross_of_fingerprints(members: Sequence[Values], buckets: int) -> Values:
    """The ids that `cross_ids` gives, where a row's values are known by their fingerprints.

    Args:
        members: uint64 [..., any], one a crossed feature; where one has size 1 in a leading dimension, its values
            hold for all of the others'. A value may stand twice.
        buckets: ids are in 0..buckets-1.

    Returns:
        int64 [..., any], a row's present ids rising and different.
    """
    joined, present = _cat(tf.constant(HASH_KEY, tf.uint64), members[0].numbers), members[0].present
    for other in members[1:]:
        joined = _pairs(_cat(joined[..., :, None], other.numbers[..., None, :]))
        present = _pairs(present[..., :, None] & other.present[..., None, :])
    ids = tf.cast(joined % tf.constant(buckets, tf.uint64), tf.int64)
    if ids.shape[-1] == 1:
        return Values(ids, present)
    ids = tf.sort(tf.where(present, ids, buckets), axis=-1)
    first = tf.ones_like(ids[..., :1], tf.bool)
    return Values(ids, (ids < buckets) & tf.concat([first, ids[..., 1:] != ids[..., :-1]], axis=-1))


def _cat(left: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """FarmHash's FingerprintCat64, with wrapping multiplication."""
    multiplier = tf.constant(0xC6A4A7935BD1E995, tf.uint64)
    joined = ((left ^ multiplier) ^ (_mix(right * multiplier) * multiplier)) * multiplier
    return _mix(_mix(joined) * multiplier)


def _mix(value: tf.Tensor) -> tf.Tensor:
    return value ^ tf.bitwise.right_shift(value, tf.constant(47, tf.uint64))


def _pairs(outer: tf.Tensor) -> tf.Tensor:
    """[..., a, b] to [..., a * b]."""
    if 1 in outer.shape[-2:]:
        return tf.squeeze(outer, axis=-1 if outer.shape[-1] == 1 else -2)
    shape = tf.shape(outer)
    return tf.reshape(outer, tf.concat([shape[:-2], [shape[-2] * shape[-1]]], axis=0))


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
