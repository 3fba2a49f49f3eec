"""What splits share: counted by hand where the samples are whole, estimated where they are not."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widedeep.components.content.content_record import RowSample, ValueSample
from widedeep.components.content.hash_sample import ALL, hashes_of
from widedeep.components.content.shares import (
    Share,
    equal_rows,
    out_of_vocabulary,
    repeated_rows,
    shared_values,
    together,
    unknown_values,
)


def rows(contents: list[str], limit: int = ALL) -> RowSample:
    counts = Counter(hashes_of([content.encode() for content in contents]).tolist())
    kept = sorted(hashed for hashed in counts if hashed < limit)
    return RowSample(limit=limit, hashes=kept, counts=[counts[hashed] for hashed in kept])


def values(contents: list[str], limit: int = ALL) -> ValueSample:
    counts = Counter(contents)
    hashes = hashes_of([value.encode() for value in counts]).tolist()
    kept = {value: count for (value, count), hashed in zip(counts.items(), hashes, strict=True) if hashed < limit}
    return ValueSample(rows=len(contents), values=len(contents), limit=limit, counts=kept)


def test_equal_rows_count_as_often_as_they_occur() -> None:
    train, test = ["a", "b", "b", "c"], ["b", "b", "c", "x", "y"]
    assert equal_rows(rows(test), 5, rows(train)) == Share(3, 5, exact=True)
    assert str(equal_rows(rows(test), 5, rows(train))) == "3 of 5"
    # Of four rows of train, two are b.
    assert repeated_rows(rows(train), 4) == Share(2, 4, exact=True)


def test_unknown_values_come_the_commonest_first() -> None:
    share, unknown = unknown_values(values(["a", "x", "y", "y", "z"]), values(["a", "b"]))
    assert share == Share(4, 5, exact=True)
    assert unknown == ["y", "x", "z"]
    assert shared_values(values(["a", "x", "y", "y"]), values(["a", "b"])) == Share(1, 3, exact=True)
    assert out_of_vocabulary(values(["a", "a", "x"]), frozenset(["a"])).value == pytest.approx(1 / 3)


@pytest.mark.parametrize("halves", [(2, 8), (8, 2)])
def test_an_estimate_is_within_its_error(halves: tuple[int, int]) -> None:
    """4,000 of 10,000 rows are shared: of a sample of an eighth the estimate's standard error is 8 sqrt(4,000 / 8)."""
    train, test = [str(n) for n in range(10_000)], [str(n) for n in range(6_000, 16_000)]
    limits = [ALL // part for part in halves]
    error = 4 * 8 * math.sqrt(4000 / 8)
    equal = equal_rows(rows(test, limits[0]), 10_000, rows(train, limits[1]))
    assert abs(equal.count - 4000) < error
    assert str(equal).startswith("about ")
    share, _ = unknown_values(values(test, limits[0]), values(train, limits[1]))
    assert abs(share.count - 6000) < error
    assert not share.exact
    assert abs(shared_values(values(test, limits[0]), values(train, limits[1])).count - 4000) < error


def test_a_common_value_that_is_known_does_not_hide_rare_ones_that_are_not() -> None:
    """The whole is known exactly; of the unknown ones, which are many, the sample holds its part."""
    train, test = ["common"], ["common"] * 9000 + [str(n) for n in range(1000)]
    share, _ = unknown_values(values(test, ALL // 4), values(train, ALL // 4))
    assert share.value == pytest.approx(0.1, abs=0.02)


letters = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=30)


@settings(max_examples=40)
@given(letters, letters)
def test_whole_samples_tell_what_sets_tell(first: list[str], second: list[str]) -> None:
    assert equal_rows(rows(first), len(first), rows(second)).count == sum(each in second for each in first)
    share, unknown = unknown_values(values(first), values(second))
    assert set(unknown) == set(first) - set(second)
    assert share.count == sum(each not in second for each in first)
    assert repeated_rows(rows(first), len(first)).count == sum(first.count(each) > 1 for each in first)


@settings(max_examples=40)
@given(letters, letters, st.integers(1, 4))
def test_values_together_are_those_of_one_split(first: list[str], second: list[str], part: int) -> None:
    both = together([values(first, ALL // part), values(second)])
    whole = values(first + second, ALL // part)
    assert (both.limit, both.rows, both.values, both.counts) == (whole.limit, whole.rows, whole.values, whole.counts)
