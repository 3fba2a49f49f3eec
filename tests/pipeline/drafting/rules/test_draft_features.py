"""How columns become features."""

from __future__ import annotations

from dataclasses import replace

import pytest

from widedeep.pipeline.drafting.rules.crosses import combinations
from widedeep.pipeline.drafting.rules.features import draft_feature, embedding_width, quantiles, rounded_up
from widedeep.pipeline.drafting.rules.kinds import Choice
from widedeep.pipeline.drafting.rules.profile import ColumnProfile, NumberProfile, SetProfile

TEXT = ColumnProfile("shop", rows=10_000, distinct=40)


@pytest.mark.parametrize(
    ("values", "width"), [(1, 4), (16, 4), (17, 8), (256, 8), (257, 16), (4096, 16), (4097, 32), (10**9, 32)]
)
def test_an_embedding_is_the_power_of_two_above_twice_the_fourth_root(values: int, width: int):
    # 2 * 16^(1/4) = 4, 2 * 256^(1/4) = 8, 2 * 4096^(1/4) = 16
    assert embedding_width(values) == width


def test_a_category():
    drafted = draft_feature("shop", TEXT, Choice("category", "text"), "context", rows=8000)
    assert drafted.feature == {
        "key": "shop",
        "kind": "categorical",
        "side": "context",
        "transform": {"vocabulary": {}},
        "wide": True,
        "deep": {"embedding": 8},
    }
    assert drafted.why == "text; 40 values"


def test_an_id_of_many_values_is_a_vocabulary_with_a_minimum_count():
    profile = replace(TEXT, name="User ID", distinct=3000, missing=100, frequent=((1, 3000), (2, 1200)))
    drafted = draft_feature("User_ID", profile, Choice("category", "text"), "context", rows=8000)
    assert drafted.feature["column"] == "User ID"
    assert drafted.feature["transform"] == {"vocabulary": {"min_count": 2}}
    assert drafted.why == "text; 3,000 values, about 1,200 of them 2 times or more; 1.0% missing"


def test_more_values_than_can_be_listed_are_hashed():
    profile = replace(TEXT, rows=10**8, distinct=9_000_000, frequent=((1, 9_000_000), (10, 2_400_000)))
    drafted = draft_feature("shop", profile, Choice("category", "text"), "context", rows=8 * 10**7)
    # Twice 2,400,000, rounded up.
    assert drafted.feature["transform"] == {"hash": {"buckets": 5_000_000}}


def test_a_number_is_cut_into_quantiles():
    profile = replace(TEXT, number=NumberProfile(0, 90), missing=1)
    drafted = draft_feature("spent", profile, Choice("number", "0 to 90"), "context", rows=8000)
    assert drafted.feature["transform"] == {"quantile_cdf": {"quantiles": 10}}
    assert drafted.feature["deep"] == {"embedding": 4}
    assert drafted.why == "0 to 90; under 0.1% missing"
    assert [quantiles(rows) for rows in (19_999, 20_000, 10**6)] == [10, 20, 50]


def test_a_number_with_a_peak_has_buckets_beside_it():
    profile = replace(TEXT, number=NumberProfile(0, 90, peak_share=0.6, boundaries=(1.0, 2.5, 40.0)))
    drafted = draft_feature("spent", profile, Choice("number", "0 to 90"), "context", rows=8000)
    assert drafted.feature["transform"] == {"buckets": {"boundaries": [1, 2.5, 40]}}


def test_numbers_that_32_bits_cannot_keep_apart_have_64():
    profile = replace(TEXT, number=NumberProfile(0, 1e12, bits=64))
    assert draft_feature("n", profile, Choice("number", ""), "context", rows=8000).feature["bits"] == 64


def test_a_time_is_its_hour_and_weekday():
    profile = replace(TEXT, name="at", time_unit="ms", time_parts=("hour", "weekday"))
    assert draft_feature("at", profile, Choice("time", ""), "context", rows=8000).feature == {
        "key": "at",
        "kind": "time",
        "side": "context",
        "unit": "ms",
        "parts": ["hour", "weekday"],
        "wide": True,
        "deep": {"embedding": 8},
    }


def test_a_set_names_its_separator():
    profile = replace(TEXT, members=SetProfile(300, 3.0, ";"))
    drafted = draft_feature("tags", profile, Choice("set", "text that ';' separates"), "candidate", rows=80_000)
    assert drafted.feature["separator"] == ";"
    assert drafted.feature["deep"] == {"embedding": 16}
    bar = replace(TEXT, members=SetProfile(300, 3.0, "|"))
    assert "separator" not in draft_feature("tags", bar, Choice("set", ""), "candidate", rows=80_000).feature


def test_sizes_are_round():
    assert [rounded_up(n) for n in (1, 11, 20, 21, 999, 1001)] == [10, 20, 20, 50, 1000, 2000]


def test_what_a_sample_lacks_of_a_cross_is_estimated():
    assert combinations(seen=400, once=100, sampled=1000, rows=1000) == 400
    # 400 and half of 100 / 1000 of the 9,000 further rows.
    assert combinations(seen=400, once=100, sampled=1000, rows=10_000) == 850
