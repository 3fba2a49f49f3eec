"""Which weights of two trainings mean the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.training.state import Training, new_training
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.components.trainer.warm_start.meaning import Meaning, Unit, match, match_units, meaning, units

STRINGS = st.lists(st.binary(min_size=1, max_size=3), unique=True, max_size=30)
BUCKETS = st.integers(1, 4)


def vocabulary(strings: list[bytes], buckets: int = 1) -> Meaning:
    return Meaning("vocabulary", tuple(strings), buckets)


def named(meaning_: Meaning) -> list[Any]:
    """What each row stands for."""
    return [*(meaning_.strings or ()), *range(meaning_.buckets)]


def paired(new: Meaning, old: Meaning) -> list[tuple[Any, Any]]:
    rows = match(new, old)
    return [(named(new)[ours], named(old)[theirs]) for ours, theirs in zip(rows.new, rows.old, strict=True)]


@given(STRINGS, STRINGS, BUCKETS, BUCKETS)
def test_pairs_mean_the_same_and_none_is_left_out(new, old, buckets, others):
    rows = match(vocabulary(new, buckets), vocabulary(old, others))
    for side in (rows.new, rows.old):
        assert side.dtype == np.int64
        assert len(set(side.tolist())) == side.size
    expected = {(string, string) for string in set(new) & set(old)}
    if buckets == others:
        expected |= {(bucket, bucket) for bucket in range(buckets)}
    pairs = paired(vocabulary(new, buckets), vocabulary(old, others))
    assert len(pairs) == len(expected)
    assert set(pairs) == expected


@given(STRINGS, BUCKETS)
def test_equal_vocabularies_match_row_by_row(strings, buckets):
    rows = match(vocabulary(strings, buckets), vocabulary(strings, buckets))
    assert rows.new.tolist() == rows.old.tolist() == list(range(len(strings) + buckets))


@given(STRINGS.flatmap(lambda strings: st.tuples(st.just(strings), st.permutations(strings))), STRINGS)
def test_the_order_of_the_strings_does_not_matter(orders, others):
    first, other = orders
    assert set(paired(vocabulary(first), vocabulary(others))) == set(paired(vocabulary(other), vocabulary(others)))
    assert set(paired(vocabulary(others), vocabulary(first))) == set(paired(vocabulary(others), vocabulary(other)))


@given(STRINGS, STRINGS)
def test_there_and_back_is_the_same(new, old):
    there, back = match(vocabulary(new), vocabulary(old)), match(vocabulary(old), vocabulary(new))
    assert sorted(zip(there.new, there.old, strict=True)) == sorted(zip(back.old, back.new, strict=True))


@given(STRINGS, BUCKETS)
def test_buckets_of_unlike_kinds_have_nothing_in_common(strings, buckets):
    hashed = Meaning(("hash", buckets), None, buckets)
    for new, old in ((hashed, vocabulary(strings, buckets)), (vocabulary(strings, buckets), hashed)):
        rows = match(new, old)
        assert rows.new.size == rows.old.size == 0


FEATURES: dict[str, dict[str, Any]] = {
    "item": {"kind": "categorical", "transform": {"vocabulary": {"oov_buckets": 3}}, "deep": {"embedding": 2}},
    "seen": {"kind": "set", "transform": {"vocabulary": {"of": "item"}}, "deep": {"embedding": 2}},
    "zip": {"kind": "categorical", "transform": {"hash": {"buckets": 6}}, "deep": {"embedding": 3, "pooling": "sum"}},
    "age": {"kind": "numeric", "transform": {"quantile_cdf": {"quantiles": 4}}, "wide": True, "deep": {}},
    "pay": {"kind": "numeric", "transform": {"log": {}, "buckets": {"boundaries": [0, 9]}}, "wide": True, "deep": {}},
}
CROSS = {"keys": ["zip", "age"], "buckets": 20}
ITEMS = [b"one", b"two"]


def training(*crosses: dict[str, Any], model: str = "wide_deep", **changes: Any) -> Training:
    """Of FEATURES, changed; None leaves one out."""
    given_ = {key: feature for key, feature in (FEATURES | changes).items() if feature}
    spec = FeatureSpec.model_validate(
        {
            "label": {"key": "y"},
            "features": [{"key": key, "side": "context", **feature} for key, feature in given_.items()],
            "crosses": list(crosses),
        }
    )
    options = TrainingOptions.model_validate({"model": model, "deep": {"hidden": [2]}})
    return new_training(spec, options, {"item_vocabulary": ITEMS} if "item" in given_ else {})


def means(name: str, *crosses: dict[str, Any], **changes: Any) -> Meaning:
    """What the column's rows are; there are as many as the table has."""
    made = training(*crosses, **changes)
    [column] = [column for column in made.layout.id_columns if column.name == name]
    meant = meaning(made, column)
    assert len(named(meant)) == column.size
    return meant


def test_a_vocabularys_rows_are_its_strings_and_its_buckets():
    assert means("item_id") == Meaning("vocabulary", tuple(ITEMS), 3)


def test_a_shared_vocabularys_rows_are_its_owners():
    assert means("seen_id") == means("item_id")


@pytest.mark.parametrize("name", ["item_id", "zip_id", "age_id", "pay_id"])
def test_the_feature_beside_it_does_not_matter(name):
    assert means(name) == means(name, seen=None)


def test_buckets_of_another_rule_are_others():
    hashed, quantiles, given_ = means("zip_id"), means("age_id"), means("pay_id")
    assert (hashed.buckets, quantiles.buckets, given_.buckets) == (6, 5, 4)
    assert {hashed.strings, quantiles.strings, given_.strings} == {None}
    more = {"kind": "categorical", "transform": {"hash": {"buckets": 7}}, "wide": True}
    finer = {"kind": "numeric", "transform": {"quantile_cdf": {"quantiles": 5}}, "wide": True}
    moved = {"kind": "numeric", "transform": {"buckets": {"boundaries": [0, 8]}}, "wide": True}
    three = {"kind": "numeric", "transform": {"quantile_cdf": {"quantiles": 3}}, "wide": True}
    kinds = [
        *(meaning_.kind for meaning_ in (hashed, quantiles, given_)),
        means("zip_id", zip=more).kind,
        means("age_id", age=finer).kind,
        means("pay_id", pay=moved).kind,
        # As many buckets as `pay` has, of another rule.
        means("pay_id", pay=three).kind,
    ]
    assert all(kind != other for place, kind in enumerate(kinds) for other in kinds[:place])


def test_a_cross_is_its_members_and_its_buckets():
    name = "zip_x_age"
    same = means(name, CROSS)
    assert (same.strings, same.buckets) == (None, 20)
    # What is crossed is the string, whatever becomes of it elsewhere.
    words = {"kind": "set", "transform": {"hash": {"buckets": 9}}, "wide": True}
    assert means(name, CROSS, zip=words) == same
    finer = {"kind": "numeric", "transform": {"quantile_cdf": {"quantiles": 5}}}
    given_ = {"kind": "numeric", "transform": {"buckets": {"boundaries": [18, 40, 60]}}}
    moved = {"kind": "numeric", "transform": {"buckets": {"boundaries": [18, 40, 65]}}}
    others = [means(name, CROSS, age=feature) for feature in (finer, given_, moved)]
    others.append(means(name, {**CROSS, "buckets": 21}))
    kinds = [same.kind, *(other.kind for other in others)]
    assert all(kind != other for place, kind in enumerate(kinds) for other in kinds[:place])


def test_units_are_the_embeddings_dimensions_and_the_numbers():
    made = training()
    # One table of 2 for item and seen, one of 3 for zip, then a value and a missing flag a number.
    names = [(unit.name, unit.dimension) for unit in units(made)]
    assert names == [
        *(("item_id", 0), ("item_id", 1), ("seen_id", 0), ("seen_id", 1)),
        *(("zip_id", 0), ("zip_id", 1), ("zip_id", 2)),
        *(("age", 0), ("age", 0), ("pay", 0), ("pay", 0)),
    ]
    assert len(set(units(made))) == made.layout.deep_width == 11
    assert units(training(model="wide")) == []


def unit_pairs(new: Training, old: Training) -> dict[Unit, Unit]:
    rows = match_units(units(new), units(old))
    pairs = {units(new)[new_]: units(old)[other] for new_, other in zip(rows.new, rows.old, strict=True)}
    assert all(unit == other for unit, other in pairs.items())
    return pairs


def test_units_are_found_where_they_have_moved_to():
    turned = {key: FEATURES[key] for key in reversed(FEATURES)}
    old = training()
    new = new_training(
        old.spec.model_copy(update={"features": tuple(old.spec.by_key[key] for key in turned)}),
        old.options,
        old.vocabularies,
    )
    assert [unit.name for unit in units(new)] != [unit.name for unit in units(old)]
    assert len(unit_pairs(new, old)) == 11


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"zip": {**FEATURES["zip"], "deep": {"embedding": 4, "pooling": "sum"}}}, {"zip_id"}),
        ({"zip": {**FEATURES["zip"], "deep": {"embedding": 3}}}, {"zip_id"}),
        ({"zip": None}, {"zip_id"}),
        # The missing flag stays what it was.
        ({"age": {"kind": "numeric", "transform": {"z_score": {}}, "deep": {}}}, {"age"}),
        ({"age": {"kind": "numeric", "transform": {"quantile_cdf": {"quantiles": 9}}, "deep": {}}}, set()),
        ({"pay": {"kind": "numeric", "transform": {"log": {}}, "deep": {}}}, set()),
    ],
)
def test_a_unit_that_means_something_else_is_another(changes, lost):
    new, old = training(**changes), training()
    missing = set(units(old)) - unit_pairs(new, old).keys()
    assert {unit.name for unit in missing} == lost
    assert all(unit.what != "missing" for unit in missing)
