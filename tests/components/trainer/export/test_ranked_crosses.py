"""The crosses of a ranking request against a reference in plain Python integers."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import farmhash
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from widedeep.components.features.spec import Cross
from widedeep.components.trainer.export.ranked_crosses import CrossValues, RankedCrosses

HASH_KEY = 0xDECAFCAFFE
_WORD = 2**64
_K = 0xC6A4A7935BD1E995

# Few buckets, so that combinations meet in one. Keys a to c are the context's, d to f the candidates', b and e sets.
CROSSES = [
    Cross(keys=("b", "d"), buckets=1009),
    Cross(keys=("e", "a"), buckets=2),
    Cross(keys=("a", "c"), buckets=7),
    Cross(keys=("d", "f"), buckets=50),
    Cross(keys=("a", "e", "b"), buckets=13),
    Cross(keys=("d", "a", "f", "c"), buckets=10_000_000),
]
OFFSETS = {cross.name: 5 + sum(other.size for other in CROSSES[:number]) for number, cross in enumerate(CROSSES)}
SETS, KEYS = {"b", "e"}, ("abc", "def")
VALUE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=4)
Side = dict[str, list[str]]


def fingerprint_cat(a: int, b: int) -> int:
    """FarmHash's FingerprintCat64 of two fingerprints."""

    def shift_mix(value: int) -> int:
        return value ^ (value >> 47)

    result = (a ^ _K ^ (shift_mix(b * _K % _WORD) * _K % _WORD)) * _K % _WORD
    return shift_mix(shift_mix(result) * _K % _WORD)


def reference(row: Side, crosses: list[Cross]) -> set[int]:
    """The rows of one candidate: of each combination, the values' fingerprints joined from left to right."""
    rows = set()
    for cross in crosses:
        for combination in itertools.product(*(row[key] for key in cross.keys)):
            joined = HASH_KEY
            for value in combination:
                joined = fingerprint_cat(joined, farmhash.fingerprint64(value))
            rows.add(OFFSETS[cross.name] + joined % cross.size)
    return rows


def padded(rows: list[list[Side]], keys: str) -> dict[str, tf.Tensor]:
    """[requests, each, any] of each key; a set's first value stands twice."""
    padded_values = {}
    for key in keys:
        values = [[row[key] + row[key][:1] if key in SETS else row[key] for row in side] for side in rows]
        width = max(len(words) for side in values for words in side) if key in SETS else 1
        filled = [[[*map(str.encode, words), *[b""] * (width - len(words))] for words in side] for side in values]
        padded_values[key] = tf.reshape(tf.constant(filled, tf.string), [len(rows), len(rows[0]), width])
    return padded_values


def _side(keys: str) -> st.SearchStrategy[Side]:
    return st.fixed_dictionaries({key: st.lists(VALUE, max_size=3 if key in SETS else 1, unique=True) for key in keys})


REQUESTS = st.tuples(st.integers(1, 3), st.integers(1, 3)).flatmap(
    lambda size: st.lists(
        st.tuples(_side(KEYS[0]), st.lists(_side(KEYS[1]), min_size=size[1], max_size=size[1])),
        min_size=size[0],
        max_size=size[0],
    )
)


def ranked(crosses: list[Cross]) -> Any:
    """Rows and shares, of both sides' values, requests and candidates of each."""
    rows_of = RankedCrosses(crosses, OFFSETS, SETS)
    sides = [{key: tf.TensorSpec([None, None, None if key in SETS else 1], tf.string) for key in keys} for keys in KEYS]

    @tf.function(input_signature=[sides, *[tf.TensorSpec([], tf.int64)] * 2], autograph=False)
    def rows_and_shares(sides: Any, requests: tf.Tensor, each: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        values = [{key: CrossValues(strings, strings != "") for key, strings in side.items()} for side in sides]
        return tuple(rows_of.rows(values, requests, each))

    return rows_and_shares


@functools.cache
def of_all() -> Any:
    return ranked(CROSSES)


@functools.cache
def without_sets() -> Any:
    return ranked([cross for cross in CROSSES if not SETS & set(cross.keys)])


def numpy_rows(function: Any, requests: list[tuple[Side, list[Side]]]) -> tuple[np.ndarray, np.ndarray]:
    contexts, candidates = [[context] for context, _ in requests], [candidates for _, candidates in requests]
    sides = [padded(contexts, KEYS[0]), padded(candidates, KEYS[1])]
    sizes = (tf.constant(size, tf.int64) for size in (len(requests), len(candidates[0])))
    rows, shares = function(sides, *sizes)
    shape = len(requests), len(candidates[0]), rows.shape[-1]
    return rows.numpy().reshape(shape), shares.numpy().reshape(shape)


@settings(max_examples=60, deadline=None)
@given(requests=REQUESTS)
def test_each_candidate_has_the_rows_of_the_reference_once(requests):
    rows, shares = numpy_rows(of_all(), requests)
    assert ((rows >= 0) & (shares >= 0)).all()
    for number, (context, candidates) in enumerate(requests):
        for place, candidate in enumerate(candidates):
            kept = rows[number, place][shares[number, place] > 0].tolist()
            assert sorted(kept) == sorted(reference(context | candidate, CROSSES))


@settings(max_examples=20, deadline=None)
@given(requests=REQUESTS)
def test_without_sets_too(requests):
    without = [cross for cross in CROSSES if not SETS & set(cross.keys)]
    rows, shares = numpy_rows(without_sets(), requests)
    for number, (context, candidates) in enumerate(requests):
        for place, candidate in enumerate(candidates):
            kept = rows[number, place][shares[number, place] > 0].tolist()
            assert set(kept) == reference(context | candidate, without)


def test_of_many_ids_of_a_cross_each_counts_less(monkeypatch):
    """Of 6 ids of the first cross each counts 1/sqrt(6); the second's only one counts 1."""
    context = {"a": ["u"], "b": ["r", "s", "t"], "c": []}
    candidate = {"d": ["i"], "e": ["x", "y"], "f": []}
    crosses = [Cross(keys=("a", "e", "b"), buckets=10_000_000), Cross(keys=("d", "a"), buckets=100)]
    monkeypatch.setitem(OFFSETS, crosses[0].name, 0)
    monkeypatch.setitem(OFFSETS, crosses[1].name, 10_000_000)
    rows, shares = numpy_rows(ranked(crosses), [(context, [candidate])])
    counted = shares > 0
    assert shares[counted & (rows < 10_000_000)] == pytest.approx([6**-0.5] * 6)
    assert shares[counted & (rows >= 10_000_000)].tolist() == [1.0]
