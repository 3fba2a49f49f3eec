"""`buckets: auto`: what is counted, the size that follows, and what stays of an earlier model's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.features.spec import FeatureSpec
from widedeep.components.transform.auto_buckets import (
    HASHES,
    auto_columns,
    distinct_values,
    size_for,
    sketch_words,
    with_sizes,
)
from widedeep.components.transform.vocabulary_strings import encode


def hashes(first: int, count: int) -> tf.Tensor:
    """Of so many different strings."""
    strings = tf.strings.as_string(tf.range(first, first + count))
    return tf.strings.to_hash_bucket_fast(strings, HASHES)


@pytest.mark.parametrize(("count", "error"), [(1, 0), (40, 0.067), (500, 0.073), (20_000, 0.1), (1_000_000, 0.1)])
def test_distinct_values_are_counted(count: int, error: float) -> None:
    words = sketch_words([hashes(7, 3), hashes(0, count)]).numpy().tolist()
    small, counts = distinct_values(words, 2)
    assert round(small) == 3
    # Three standard errors: of 1,024 registers 1.04 / sqrt(1024); of linear counting with t values a register
    # sqrt((exp(t) - t - 1) / 1024) / t (Flajolet et al. 2007; Whang et al. 1990).
    assert counts == pytest.approx(count, rel=error, abs=0.5)


@given(st.lists(st.integers(0, 300), max_size=200), st.randoms())
def test_how_often_and_in_what_order_makes_no_difference(numbers: list[int], random: Any) -> None:
    words = sketch_words([tf.gather(hashes(0, 301), tf.constant(numbers, tf.int64))]).numpy().tolist()
    again = [*words, *words]
    random.shuffle(again)
    assert distinct_values(again, 1) == distinct_values(set(words), 1)


def test_the_rank_is_the_place_of_the_first_bit() -> None:
    # Register 5; the other bits are 1, 10, 100 ... in binary, and none.
    given_ = [5 + (1 << (10 + place)) for place in range(52)] + [5]
    words = sketch_words([tf.constant(given_, tf.int64)]).numpy()
    assert [divmod(int(word), 64) for word in words] == [(5, rank) for rank in range(1, 54)]


def test_a_column_without_values_has_none() -> None:
    # TFT's word for an empty vocabulary is no number.
    assert distinct_values([b"dummy"], 2) == [0.0, 0.0]


@pytest.mark.parametrize(
    ("values", "size"),
    [(0, 64), (32, 64), (32.4, 128), (33, 128), (64, 128), (65, 256), (500_000, 2**20), (2**23, 2**24), (10**9, 2**24)],
)
def test_the_size_is_a_power_of_two_of_twice_the_values(values: float, size: int) -> None:
    assert size_for(values) == size


def spec(hashed: int | str, crossed: int | str) -> FeatureSpec:
    shared = {"kind": "categorical", "side": "context", "wide": True}
    return FeatureSpec.model_validate(
        {
            "label": {"key": "y"},
            "features": [
                {"key": "a", "transform": {"hash": {"buckets": hashed}}, **shared},
                {"key": "b", "transform": {"hash": {"buckets": 9}}, **shared},
            ],
            "crosses": [{"keys": ["a", "b"], "buckets": crossed}],
        }
    )


class Learned:
    """What Transform wrote, of 40 strings and 100 combinations."""

    def vocabulary_by_name(self, name: str) -> list[bytes]:
        assert name == "distinct_values"
        return encode(sketch_words([hashes(0, 40), hashes(0, 100)])).numpy().tolist()


def test_sizes_stand_in_place_of_auto() -> None:
    learned: Any = Learned()
    declared = spec("auto", "auto")
    assert auto_columns(declared) == ["a_id", "a_x_b"]
    assert with_sizes(declared, learned, None) == spec(128, 256)
    assert with_sizes(spec(5, 7), None, None) == spec(5, 7)


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        (spec(64, 1024), spec(64, 1024)),
        # Neither is a power of two, up to 2^24.
        (spec(100, 2**25), spec(128, 256)),
        (spec("auto", 512), spec(128, 512)),
    ],
)
def test_an_earlier_models_sizes_stay(kept: FeatureSpec, expected: FeatureSpec) -> None:
    learned: Any = Learned()
    assert with_sizes(spec("auto", "auto"), learned, kept) == expected


def test_ids_are_cut_as_if_they_had_been_hashed_to_the_size() -> None:
    strings = tf.strings.as_string(tf.range(1000))
    many, few = (tf.strings.to_hash_bucket_fast(strings, buckets).numpy() for buckets in (2**24, 2**7))
    np.testing.assert_array_equal(many & (2**7 - 1), few)
