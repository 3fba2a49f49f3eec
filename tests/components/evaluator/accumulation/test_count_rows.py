"""Which rows the jackknife leaves out together: by content, by a feature's value, and where many rows are equal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma

from widedeep.components import features
from widedeep.components.evaluator.accumulation import repeats
from widedeep.components.evaluator.accumulation.accumulator import GROUPS, WEIGHT
from widedeep.components.evaluator.accumulation.count_rows import Accumulators, CountRows
from widedeep.components.evaluator.statistics.supports import supports
from widedeep.components.features.spec import FeatureSpec

SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "y"},
        "features": [
            {"key": "user", "kind": "categorical", "side": "context", "transform": {"vocabulary": {}}, "wide": True},
            {
                "key": "city",
                "kind": "categorical",
                "side": "context",
                "transform": {"vocabulary": {}},
                "wide": True,
                "slice": True,
            },
        ],
    }
)


def example(user: str, city: str, label: int) -> bytes:
    made = tf.train.Example()
    for key, value in (("user", user), ("city", city)):
        made.features.feature[key].bytes_list.value.append(value.encode())
    made.features.feature["y"].int64_list.value.append(label)
    return bytes(made.SerializeToString(deterministic=True))


def extracts(rows: list[tuple[str, str, int]]) -> dict[str, Any]:
    """A batch: user, city, and label, which is the score, too."""
    made = [example(*row) for row in rows]
    score = np.array([[label] for _, _, label in rows], np.float32)
    return {tfma.INPUT_KEY: np.array(made, object), tfma.PREDICTIONS_KEY: {"score": score}}


def count(*batches: list[tuple[str, str, int]], group_by: str | None = None, parts: int = 1) -> Accumulators:
    combine = CountRows(features.to_json(SPEC), (0.5,), group_by)
    made = [combine.create_accumulator() for _ in range(parts)]
    for number, batch in enumerate(batches):
        made[number % parts] = combine.add_input(made[number % parts], extracts(batch))
    return combine.extract_output(combine.merge_accumulators(made))


def weights(counted: Accumulators, name: str = "") -> np.ndarray:
    return counted[name, "candidate"].sums[:, WEIGHT]


FEW = [("ann", "Rome", 1), ("bob", "Oslo", 0), ("ann", "Oslo", 1)]


def test_equal_rows_are_dealt_out_to_all_groups() -> None:
    """Of 100 equal rows each group has two, wherever their content's own group lies."""
    counted = count(FEW[:1] * 100)
    assert weights(counted).tolist() == [2] * GROUPS
    assert weights(counted, "city=Rome").tolist() == [2] * GROUPS
    assert ("city=Oslo", "candidate") not in counted
    assert counted["", "candidate"].rows == 100


def test_the_order_of_rows_and_parts_makes_no_difference() -> None:
    rows = FEW * 40
    once = count(rows)
    for other in (count(rows[::-1]), count(rows[:7], rows[7:60], rows[60:], parts=2)):
        assert other.keys() == once.keys()
        for key, accumulator in once.items():
            np.testing.assert_array_equal(other[key].sums, accumulator.sums)
            assert other[key].scores.sums()[0].tolist() == accumulator.scores.sums()[0].tolist()


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_many_different_rows_stay_in_the_group_of_their_content(parts, monkeypatch) -> None:
    """However the rows were parted: each content's rows are all in one group."""
    monkeypatch.setattr(repeats, "MOST_CONTENTS", 2)
    counted = count(FEW[:2] * 10, FEW[1:] * 10, FEW[:1] * 10, parts=parts)
    assert sorted(weights(counted)[weights(counted) > 0].tolist()) == [10, 20, 20]
    assert weights(counted, "city=Rome").max() == 20


def test_rows_are_dealt_out_in_windows(monkeypatch) -> None:
    once = count(FEW * 40)
    monkeypatch.setattr(repeats, "_WINDOW", 7)
    np.testing.assert_array_equal(weights(count(FEW * 40)), weights(once))


def test_rows_of_one_user_stay_together() -> None:
    """Ten users with all the rows are ten independent ones at most."""
    rows = [(f"user{number % 10}", f"city{number}", number % 2) for number in range(300)]
    alone, together = count(rows), count(rows, group_by="user")
    assert (weights(together) > 0).sum() <= 10
    assert supports(together["", "candidate"]).every.groups <= 10 < supports(alone["", "candidate"]).every.groups


def test_without_a_value_to_group_by_each_row_is_by_itself() -> None:
    rows = [("", f"city{number}", number % 2) for number in range(300)]
    assert (weights(count(rows, group_by="user")) > 0).sum() == GROUPS
