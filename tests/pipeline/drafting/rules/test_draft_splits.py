"""How rows are split, and which side a column is on."""

from __future__ import annotations

import numpy as np
import pytest

from widedeep.pipeline.drafting.rules import splits
from widedeep.pipeline.drafting.rules.keys import keys_for
from widedeep.pipeline.drafting.rules.names import says_code, says_id, says_person, says_time
from widedeep.pipeline.drafting.rules.profile import ColumnProfile
from widedeep.pipeline.drafting.rules.sides import side_of


def test_by_time_eval_and_test_are_the_last_two_tenths():
    times = np.arange(100.0)[::-1]
    rule = splits.by_time("ts", times, [f"{time:.0f}" for time in times], start="0")
    assert rule is not None
    assert rule.settings == {"split_by_time": {"column": "ts", "train": "0", "eval": "80", "test": "90"}}
    assert rule.reason == "by time: the last 20% of the rows are eval and test"


def test_by_time_needs_moments_enough():
    assert splits.by_time("ts", np.repeat([1.0, 2.0], 50), ["1"] * 50 + ["2"] * 50, "1") is None
    assert splits.by_time("ts", np.full(100, np.nan), [None] * 100, "") is None


def test_by_person_by_row_and_by_files():
    assert splits.by_person("user").settings == {"hash_split": {"train": 8, "eval": 1, "test": 1}, "hash_by": "user"}
    assert splits.by_row().settings == {"hash_split": {"train": 8, "eval": 1, "test": 1}}
    assert splits.by_files({"train": "train/*", "eval": "dev/*"}).settings == {
        "splits": {"train": "train/*", "eval": "dev/*"}
    }


@pytest.mark.parametrize(
    ("name", "distinct", "largest", "person"),
    [
        ("user", 200, 0.01, True),
        ("customerId", 200, 0.01, True),
        ("user_age", 60, 0.01, False),
        # Eight of ten rows would fall into one split.
        ("device_id", 200, 0.82, False),
        # Nearly every row has its own.
        ("user", 900, 0.01, False),
        ("shop", 200, 0.01, False),
    ],
)
def test_who_is_a_person(name: str, distinct: int, largest: float, person: bool):
    assert splits.is_person(ColumnProfile(name, rows=1000, distinct=distinct), largest) == person


def test_sides():
    def side(name: str, context: tuple[str, ...] = (), candidate: tuple[str, ...] = ()) -> str:
        return side_of(name, context, candidate, {"colour": "candidate"}).side

    assert [side(name) for name in ("user_id", "item_id", "genres", "hour", "colour")] == [
        "context",
        "candidate",
        "candidate",
        "context",
        "candidate",
    ]
    assert side("user_id", candidate=("user_id",)) == "candidate"
    assert side("genres", context=("genres",)) == "context"
    # Who names the context's has named the others as well.
    assert side("hour", context=("user_id",)) == "candidate"


def test_what_names_say():
    assert says_id("userId")
    assert says_id("ORDER_ID")
    assert says_id("itemid")
    assert not says_id("paid")
    assert says_code("zip code")
    assert says_person("customer")
    assert says_time("created_at")
    assert not says_time("category")


def test_keys_are_different_and_free():
    keys = keys_for(["a", "A", "a ", "ids", "größe", "2fa", "a_x_b", "price_rest", "日本", "top_k"])
    assert list(keys.values()) == [
        "a", "A_2", "a_3", "ids_2", "grosse", "x_2fa", "a_by_b", "price_remainder", "x", "top_k_2",
    ]  # fmt: skip
