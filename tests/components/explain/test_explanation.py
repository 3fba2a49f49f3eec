"""Wide weights in words, against the transform graph's own ids and a reference in plain Python."""

from __future__ import annotations

import csv
import itertools
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import farmhash
import numpy as np
import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.components.explain import explanation as explaining
from widedeep.components.explain import wide_part
from widedeep.components.explain.explanation import WeightExplanation, explain
from widedeep.components.features import model_files
from widedeep.components.trainer.export.served_model import WideColumn

# TFT divides 0 by 0 where a column has no value in a part of the rows, and takes the NaN out again afterwards.
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in divide:RuntimeWarning")

_K = 0xC6A4A7935BD1E995


def fingerprint_cat(a: int, b: int) -> int:
    """FarmHash's FingerprintCat64 of two fingerprints."""

    def shift_mix(value: int) -> int:
        return value ^ (value >> 47)

    result = (a ^ _K ^ (shift_mix(b * _K % 2**64) * _K % 2**64)) * _K % 2**64
    return shift_mix(shift_mix(result) * _K % 2**64)


def combinations(members: list[list[tuple[str, str]]], buckets: int) -> dict[int, list[tuple[str, ...]]]:
    """The names of all combinations of (hashed word, name), by their bucket."""
    values = defaultdict(list)
    for combination in itertools.product(*members):
        joined = 0xDECAFCAFFE
        for word, _ in combination:
            joined = fingerprint_cat(joined, farmhash.fingerprint64(word))
        values[joined % buckets].append(tuple(name for _, name in combination))
    return values


@pytest.fixture
def weigh(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Gives the model these wide weights."""

    def give(weights: dict[str, WideColumn]) -> None:
        monkeypatch.setattr(wide_part, "wide_weights", lambda folder: weights)

    return give


@pytest.fixture
def everything(served: Any, weigh: Any) -> dict[tuple[str, int], WeightExplanation]:
    """Every id of every column explained."""
    random = np.random.default_rng(8)
    weigh({name: WideColumn(np.arange(size), random.normal(size=size)) for name, size in served.sizes.items()})
    explained = explain(served.folder, served.files, "tfrecord", 10**6, lambda rows: None)
    assert len(explained.weights) == sum(served.sizes.values())
    return {(weight.column, weight.id): weight for weight in explained.weights}


def inside(name: str, number: float) -> bool:
    low, high = name[1:-1].split(", ")
    return (low == "-∞" or np.float32(low) <= number) and (high == "∞" or number < np.float32(high))


def test_support_and_label_rate_are_those_of_the_graphs_ids(
    served: Any, everything: dict[Any, WeightExplanation]
) -> None:
    """Also of a cross with quantiles that have no column of their own."""
    support: Counter[tuple[str, int]] = Counter()
    liked: Counter[tuple[str, int]] = Counter()
    for row, ids in zip(served.rows, served.ids, strict=True):
        for key in [(name, number) for name, numbers in ids.items() for number in numbers]:
            support[key] += 1
            liked[key] += row["liked"][0]
    assert len(support) > 150
    assert {key: weight.support for key, weight in everything.items() if weight.support} == dict(support)
    for key, weight in everything.items():
        assert weight.label_mean == (pytest.approx(liked[key] / support[key]) if support[key] else None)


def test_hashed_values_are_those_of_the_reference(served: Any, everything: dict[Any, WeightExplanation]) -> None:
    """Few buckets, so that many values share them: the most frequent is named, and the others are counted."""
    counted: dict[tuple[str, int], Counter[tuple[str, ...]]] = defaultdict(Counter)
    for row in served.rows:
        seen, words, city = ([(value, value) for value in set(row[key])] for key in ("seen", "words", "city"))
        crossed = {"seen_x_city": combinations([seen, city], 50), "words_x_seen": combinations([words, seen], 13)}
        for column, by_bucket in crossed.items():
            for bucket, values in by_bucket.items():
                counted[column, bucket].update(values)
        for key, buckets in (("zip", 7), ("words", 5)):
            for value in set(row[key]):
                counted[f"{key}_id", farmhash.fingerprint64(value) % buckets][value,] += 1
    assert {column for column, _ in counted} == {"zip_id", "words_id", "seen_x_city", "words_x_seen"}
    assert max(len(counts) for counts in counted.values()) > 10
    for key, counts in counted.items():
        weight, most = everything[key], max(counts.values())
        assert weight.values == min(values for values, count in counts.items() if count == most)
        assert weight.others == len(counts) - 1
        assert weight.share == pytest.approx(most / counts.total())
    hashed = {
        key
        for key, weight in everything.items()
        if weight.column in {column for column, _ in counted} and weight.support
    }
    assert hashed == set(counted)


def test_a_cross_of_numbers_names_their_ranges(served: Any, everything: dict[Any, WeightExplanation]) -> None:
    """In 1,000 buckets few collide: a row's combinations lie in the ranges that are named for its ids."""
    checked = 0
    for row, ids in zip(served.rows, served.ids, strict=True):
        for weight in (everything["age_x_pay_x_words", number] for number in ids["age_x_pay_x_words"]):
            if not weight.others:
                age, pay, word = weight.values
                assert inside(age, np.float32(row["age"][0]))
                assert inside(pay, np.float32(row["pay"][0]))
                assert word in row["words"]
                checked += 1
    assert checked > 200


@pytest.mark.parametrize(("key", "buckets"), [("dose", 4), ("rank", 6), ("pay", 6)])
def test_a_number_is_named_by_the_range_of_its_bucket(
    served: Any, everything: dict[Any, WeightExplanation], key: str, buckets: int
) -> None:
    names = [everything[f"{key}_id", bucket].values[0] for bucket in range(buckets + 1)]
    assert (names[0][:4], names[-2][-3:], names[-1]) == ("(-∞,", " ∞)", "(missing)")
    for row, ids in zip(served.rows, served.ids, strict=True):
        [bucket] = ids[f"{key}_id"]
        assert inside(names[bucket], np.float32(row[key][0])) if row[key] else names[bucket] == "(missing)"
    if key == "pay":
        assert names[:6] == ["(-∞, -1)", "[-1, 0)", "[0, 2)", "[2, 5)", "[5, 10.5)", "[10.5, ∞)"]


def test_a_vocabulary_needs_no_data(served: Any, everything: dict[Any, WeightExplanation]) -> None:
    count = Counter(row["city"][0] for row in served.rows if row["city"])
    common = {city for city, times in count.items() if times >= 4}
    for key in ("city", "seen"):
        names = [everything[f"{key}_id", number].values[0] for number in range(len(common) + 3)]
        assert set(names[:-3]) == common
        assert [count[name] for name in names[:-3]] == sorted((count[name] for name in common), reverse=True)
        assert names[-3:] == [f"(out of vocabulary, bucket {bucket} of 3)" for bucket in (1, 2, 3)]
    assert everything["tag_id", served.sizes["tag_id"] - 1].values == ("(out of vocabulary)",)


def test_csv_says_the_same(served: Any, everything: dict[Any, WeightExplanation], tmp_path: Path) -> None:
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(served.rows[0])
        writer.writerows(["|".join(str(value) for value in values) for values in row.values()] for row in served.rows)
    told: list[int] = []
    explained = explain(served.folder, [str(tmp_path / "rows.csv")], "csv", 10**6, told.append)
    assert {(weight.column, weight.id): weight for weight in explained.weights} == everything
    assert told == [explained.rows] == [240]
    assert explained.label_mean == pytest.approx(np.mean([row["liked"][0] for row in served.rows]))


def test_the_strongest_come_first_whichever_their_column(served: Any, weigh: Any) -> None:
    weigh(
        {
            "city_id": WideColumn(np.array([0, 1, 2]), np.array([0.5, -3.0, 0.1], np.float32)),
            "pay_id": WideColumn(np.array([1, 4]), np.array([2.0, -0.2], np.float32)),
            "tag_id": WideColumn(np.array([], np.int64), np.array([], np.float32)),
            "seen_x_city": WideColumn(np.array([7, 40]), np.array([-1.0, 4.0], np.float32)),
        }
    )
    weights = explain(served.folder, served.files, "tfrecord", 4, lambda rows: None).weights
    assert [(weight.column, weight.id, weight.weight) for weight in weights] == [
        ("seen_x_city", 40, 4.0),
        ("city_id", 1, -3.0),
        ("pay_id", 1, 2.0),
        ("seen_x_city", 7, -1.0),
    ]
    assert [weight.keys for weight in weights] == [("seen", "city"), ("city",), ("pay",), ("seen", "city")]


def test_an_id_that_no_row_has_is_said_to_have_none(served: Any, weigh: Any) -> None:
    unused = next(n for n in range(1000) if not any(n in ids["age_x_pay_x_words"] for ids in served.ids))
    weigh({"age_x_pay_x_words": WideColumn(np.array([unused]), np.array([1.0], np.float32))})
    [weight] = explain(served.folder, served.files, "tfrecord", 5, lambda rows: None).weights
    assert (weight.values, weight.others, weight.share, weight.support, weight.label_mean) == ((), 0, None, 0, None)


def test_with_classes_a_weight_is_that_of_the_class_it_moves_most(
    served: Any, weigh: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = model_files.declaration(served.folder)
    label = spec.label.model_copy(update={"kind": "multiclass", "classes": 3})
    monkeypatch.setattr(explaining, "declaration", lambda folder: spec.model_copy(update={"label": label}))
    weights = np.array([[0.1, -0.9, 0.2], [0.3, 0.0, 0.25]], np.float32)
    weigh({"city_id": WideColumn(np.array([0, 2]), weights)})
    explained = explain(served.folder, served.files, "tfrecord", 5, lambda rows: None)
    assert explained.label_mean is None
    assert [(weight.id, weight.label, weight.weight) for weight in explained.weights] == [
        (0, 1, -np.float32(0.9)),
        (2, 0, np.float32(0.3)),
    ]
    for weight in explained.weights:
        labels = [
            row["liked"][0] for row, ids in zip(served.rows, served.ids, strict=True) if weight.id in ids["city_id"]
        ]
        assert weight.label_mean == pytest.approx(labels.count(weight.label) / len(labels))


def test_what_can_not_be_explained_says_why(served: Any, weigh: Any, tmp_path: Path) -> None:
    def message(folder: str) -> str:
        with pytest.raises(ConfigError) as caught:
            explain(folder, served.files, "tfrecord", 5, lambda rows: None)
        return str(caught.value)

    assert message(str(tmp_path)) == (
        f"{tmp_path}: is no model of this pipeline, as there is no assets.extra/features.json in it. "
        "Give the folder of a pushed version, as work/movielens/models/1."
    )
    weigh({})
    assert message(served.folder) == (
        f"{served.folder}: is a deep model: it has no wide part, and so no wide features to name."
    )
    weigh({"city_id": WideColumn(np.array([], np.int64), np.array([], np.float32))})
    assert message(served.folder) == (
        f"{served.folder}: all its wide weights are 0. Lower training.wide.l1 and train it again."
    )
