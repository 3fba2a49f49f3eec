"""Hashed crosses against a reference in plain Python integers."""

from __future__ import annotations

import itertools

import farmhash
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from widedeep.components.transform.crosses import cross_ids, unique

# Fixed for good: exported models hold ids made with it.
HASH_KEY = 0xDECAFCAFFE
_WORD = 2**64
_K = 0xC6A4A7935BD1E995


def _shift_mix(value: int) -> int:
    return value ^ (value >> 47)


def fingerprint_cat(a: int, b: int) -> int:
    """FarmHash's FingerprintCat64 of two fingerprints."""
    result = a ^ _K
    result ^= _shift_mix(b * _K % _WORD) * _K % _WORD
    result = result * _K % _WORD
    result = _shift_mix(result) * _K % _WORD
    return _shift_mix(result)


def reference(row: list[list[str]], buckets: int) -> list[int]:
    """The ids of one row: of each combination, the members' fingerprints joined from left to right, mod buckets."""
    ids = set()
    for combination in itertools.product(*row):
        joined = HASH_KEY
        for value in combination:
            joined = fingerprint_cat(joined, farmhash.fingerprint64(value))
        ids.add(joined % buckets)
    return sorted(ids)


def ragged(rows: list[list[str]]) -> tf.SparseTensor:
    indices = [(row, place) for row, values in enumerate(rows) for place in range(len(values))]
    values = [value.encode() for row in rows for value in row]
    width = max((len(row) for row in rows), default=0)
    return tf.SparseTensor(
        tf.reshape(tf.constant(indices, tf.int64), [-1, 2]), tf.constant(values, tf.string), [len(rows), width]
    )


def lists(sparse: tf.SparseTensor) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(int(sparse.dense_shape[0]))]
    for (row, _), value in zip(sparse.indices.numpy(), sparse.values.numpy(), strict=True):
        rows[row].append(value)
    return rows


# Surrogates are no UTF-8; the reference takes no NUL.
VALUE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=6)
MEMBERS = st.integers(2, 4).flatmap(
    lambda members: st.lists(
        st.lists(st.lists(VALUE, max_size=3, unique=True), min_size=members, max_size=members), min_size=1, max_size=5
    )
)
# Few buckets, so that combinations meet in one; a prime; and more than 32 bits.
BUCKETS = st.sampled_from([2, 7, 1009, 10_000_000, 2**40])


@settings(max_examples=150, deadline=None)
@given(rows=MEMBERS, buckets=BUCKETS)
def test_ids_are_those_of_the_reference(rows, buckets):
    members = [ragged([row[index] for row in rows]) for index in range(len(rows[0]))]
    ids = lists(cross_ids(members, buckets))
    assert ids == [reference(row, buckets) for row in rows]


@settings(max_examples=60, deadline=None)
@given(rows=MEMBERS, data=st.data())
def test_the_order_and_the_repetition_of_members_say_nothing(rows, data):
    mixed = [[data.draw(st.permutations(values + values[:1])) for values in row] for row in rows]
    width = range(len(rows[0]))
    plain = cross_ids([ragged([row[index] for row in rows]) for index in width], 1009)
    other = cross_ids([ragged([row[index] for row in mixed]) for index in width], 1009)
    assert lists(plain) == lists(other)


def test_the_order_of_the_keys_says_something():
    a, b = ragged([["x"]]), ragged([["y"]])
    assert lists(cross_ids([a, b], 2**40)) == [reference([["x"], ["y"]], 2**40)]
    assert lists(cross_ids([a, b], 2**40)) != lists(cross_ids([b, a], 2**40))


def test_a_row_with_an_empty_member_has_no_cross():
    ids = cross_ids([ragged([["a"], [], ["a"]]), ragged([["x", "y"], ["x"], []])], 2**40)
    assert [len(row) for row in lists(ids)] == [2, 0, 0]
    assert ids.dense_shape.numpy()[0] == 3


def test_a_batch_without_any_value():
    ids = cross_ids([ragged([[], []]), ragged([["x"], []])], 100)
    assert lists(ids) == [[], []]


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.lists(st.integers(0, 5), max_size=6), min_size=1, max_size=5))
def test_unique_sorts_each_row_and_keeps_one_of_each(rows):
    indices = [(row, place) for row, values in enumerate(rows) for place in range(len(values))]
    sparse = tf.SparseTensor(
        tf.reshape(tf.constant(indices, tf.int64), [-1, 2]),
        tf.constant([value for row in rows for value in row], tf.int64),
        [len(rows), 6],
    )
    assert lists(unique(sparse)) == [sorted(set(row)) for row in rows]


@pytest.mark.parametrize("buckets", [2, 3, 100])
def test_ids_fill_the_buckets_and_stay_inside(buckets):
    values = [[f"value{number}"] for number in range(2000)]
    ids = {row[0] for row in lists(cross_ids([ragged(values), ragged(values)], buckets))}
    assert ids == set(range(buckets))
