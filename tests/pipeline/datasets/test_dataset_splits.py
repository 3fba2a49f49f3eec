"""Expected values are counted by hand."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest

from widedeep.pipeline.datasets.splits import split_in_time, split_of_tenth, tenth


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (20, (16, 2, 2)),
        (27, (21, 3, 3)),  # 21.6 and 24.3, rounded down
        (10, (8, 1, 1)),
        (1, (0, 0, 1)),
    ],
)
def test_split_in_time_takes_the_first_80_then_10_per_cent(count: int, expected: tuple[int, int, int]) -> None:
    splits = [split_in_time(position, count) for position in range(count)]
    train, evaluation, test = expected
    assert splits == ["train"] * train + ["eval"] * evaluation + ["test"] * test


def test_tenth_is_the_first_eight_bytes_of_the_sha256_modulo_ten() -> None:
    digest = hashlib.sha256(b"ab\x1fc").hexdigest()
    assert tenth(["ab", "c"]) == int(digest[:16], 16) % 10


def test_tenth_tells_fields_apart() -> None:
    assert {tenth(["a" * n, "a" * (30 - n)]) for n in range(30)} == set(range(10))


def test_tenths_are_even() -> None:
    counts = Counter(tenth([str(number)]) for number in range(10_000))
    assert all(900 < counts[number] < 1100 for number in range(10))


def test_split_of_tenth_is_80_10_10() -> None:
    assert [split_of_tenth(number) for number in range(10)] == ["train"] * 8 + ["eval", "test"]
