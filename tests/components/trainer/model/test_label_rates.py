"""What who knows nothing of a row would predict, summed up by hand, and labels that teach nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from widedeep.components.common.errors import DataError
from widedeep.components.features.spec import Label
from widedeep.components.trainer.model.label_rates import LabelRates, LabelSums, check_label


def summed(label: list[float], weight: list[float], **kind: Any) -> LabelRates:
    """In two parts."""
    declared = Label.model_validate({"key": "y", **kind})
    sums = LabelSums(declared)
    dtype = np.float32 if declared.kind == "regression" else np.int64
    for part in (slice(None, 2), slice(2, None)):
        sums.add(np.array(label[part], dtype), np.array(weight[part], np.float32))
    return sums.rates()


def test_a_binary_label_has_the_rate_of_1() -> None:
    """2 of 8 by weight; -(1/4 log 1/4 + 3/4 log 3/4)."""
    rates = summed([1, 0, 0, 1], [2.0, 5.0, 1.0, 0.0])
    assert rates.loss == pytest.approx(-(0.25 * math.log(0.25) + 0.75 * math.log(0.75)))
    assert rates.model_copy(update={"loss": None}) == LabelRates(
        rows=4, weighted=3, rates=[0.25], loss=None, least=0.0, most=1.0
    )


def test_classes_have_a_rate_each() -> None:
    rates = summed([2, 0, 2, 2], [1.0, 1.0, 1.0, 1.0], kind="multiclass", classes=3)
    assert (rates.rates, rates.least, rates.most) == ([0.25, 0.0, 0.75], 0.0, 2.0)
    assert rates.loss == pytest.approx(-(0.25 * math.log(0.25) + 0.75 * math.log(0.75)))


def test_a_number_has_a_mean_and_a_variance() -> None:
    """(1 + 2 * 4) / 3 = 3; (4 + 2 * 1) / 3 = 2."""
    rates = summed([1.0, 4.0, 900.0], [1.0, 2.0, 0.0], kind="regression")
    assert (rates.rates, rates.least, rates.most) == ([3.0], 1.0, 4.0)
    assert rates.loss == pytest.approx(2.0)


def test_labels_that_vary_teach_something() -> None:
    check_label(summed([1, 0], [1.0, 1.0]), fresh=True)


@pytest.mark.parametrize("fresh", [True, False])
def test_examples_without_any_weight_teach_nothing(fresh) -> None:
    with pytest.raises(DataError) as caught:
        check_label(summed([1, 0, 1], [0.0, 0.0, 0.0]), fresh)
    assert str(caught.value) == (
        "all 3 examples of the split 'train' have weight 0: there is nothing to learn from. "
        "Look at the column of weights."
    )


@pytest.mark.parametrize(
    ("label", "weight", "kind", "which"),
    [
        ([0, 0, 0], [1.0, 1.0, 1.0], {}, "all 3 examples of the split 'train' have the label 0"),
        ([0, 1, 1], [0.0, 1.0, 1.0], {}, "all 2 examples of the split 'train' with a weight above 0 have the label 1"),
        ([2.5, 2.5], [1.0, 1.0], {"kind": "regression"}, "all 2 examples of the split 'train' have the label 2.5"),
        (
            [2, 2],
            [1.0, 1.0],
            {"kind": "multiclass", "classes": 3},
            "all 2 examples of the split 'train' have the label 2",
        ),
    ],
)
def test_labels_that_are_all_the_same_teach_nothing(label, weight, kind, which) -> None:
    with pytest.raises(DataError) as caught:
        check_label(summed(label, weight, **kind), fresh=True)
    assert str(caught.value) == (
        f"{which}: there is nothing to learn. Look at the label's column, and at how the rows were split."
    )
    # A day without any action is no reason to stop a model that has learned before.
    check_label(summed(label, weight, **kind), fresh=False)


@pytest.mark.parametrize("kind", ["binary", "regression", "multiclass"])
def test_parts_that_are_merged_are_the_whole(kind):
    label = Label.model_validate({"key": "y", "kind": kind} | ({"classes": 3} if kind == "multiclass" else {}))
    # Dyadic, so that every sum is exact.
    labels = np.array([0, 1, 1, 0, 1, 1, 0]) * (0.25 if kind == "regression" else 1)
    weights = np.array([0.5, 1, 2, 0, 1, 0.25, 4], np.float32)
    whole, *parts = (LabelSums(label) for _ in range(4))
    whole.add(labels, weights)
    # One of three has no row.
    parts[0].add(labels[:3], weights[:3])
    parts[2].add(labels[3:], weights[3:])
    values = [part.values() for part in parts]
    for part in parts:
        part.merge(values)
        assert part.rates() == whole.rates()
