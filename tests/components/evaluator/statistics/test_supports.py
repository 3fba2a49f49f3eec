"""Effective numbers, what who knows the rate alone would have, and where scores lie: by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics

from widedeep.components.evaluator.accumulation.accumulator import Accumulator, Batch
from widedeep.components.evaluator.accumulation.score_range import ScoreRange
from widedeep.components.evaluator.measurement import Support, Supports
from widedeep.components.evaluator.statistics.supports import base_comparison, supports
from widedeep.components.features.spec import Label

BINARY, NUMBER, CLASSES = (
    Label(key="y"),
    Label(key="y", kind="regression"),
    Label(key="y", kind="multiclass", classes=3),
)


def accumulated(
    label: Label, y: list[float], score: object, weight: list[float], rates: tuple[float, ...]
) -> Accumulator:
    made = Accumulator(label, whole=True, rates=rates)
    made.add(Batch(np.array(y), np.asarray(score, float), np.array(weight), np.array([0, 0, 1, 2, 2][: len(y)])))
    return made


def test_the_rarer_label_has_its_own_effective_numbers() -> None:
    """Weights 1, 2, 3, 0, 2 in the groups 0, 0, 1, 2, 2; label 1 has 3 in group 1 and 2 in group 2."""
    made = accumulated(BINARY, [0, 0, 1, 1, 1], [0.5] * 5, [1.0, 2.0, 3.0, 0.0, 2.0], (0.5,))
    assert supports(made) == Supports(
        every=Support(rows=4, count=64 / 18, groups=64 / (9 + 9 + 4)),
        # Label 0 is in one group alone.
        rarer=Support(rows=2, count=9 / 5, groups=1.0, side="label 0"),
    )


def test_the_most_frequent_class_stands_against_all_others() -> None:
    made = accumulated(CLASSES, [1, 1, 1, 0, 2], np.eye(3)[[1, 1, 1, 0, 2]], [1.0] * 5, (0.2, 0.5, 0.3))
    rarer = supports(made).rarer
    assert rarer == Support(rows=2, count=2.0, groups=1.0, side="a label other than 1")
    made = accumulated(CLASSES, [1, 0, 0, 0, 2], np.eye(3)[[1, 1, 1, 0, 2]], [1.0] * 5, (0.2, 0.5, 0.3))
    assert supports(made).rarer == Support(rows=1, count=1.0, groups=1.0, side="label 1")


def test_a_number_has_no_sides() -> None:
    assert supports(accumulated(NUMBER, [1.0, 2.0], [1.0, 2.0], [1.0, 1.0], (1.5,))).rarer is None


def test_the_rate_alone_has_the_log_loss_that_scikit_learn_says() -> None:
    y, score, weight = [0, 1, 1, 0, 1], [0.1, 0.9, 0.6, 0.4, 0.3], [1.0, 2.0, 1.0, 1.0, 3.0]
    base = base_comparison(accumulated(BINARY, y, score, weight, (0.25,)))
    alone = metrics.log_loss(y, [0.25] * 5, sample_weight=weight)
    assert (base.metric, base.constant, base.saturated) == ("logloss", None, 0)
    assert base.value == pytest.approx(alone)
    assert base.difference == pytest.approx(metrics.log_loss(y, score, sample_weight=weight) - alone)


def test_each_class_s_rate_has_a_log_loss_and_the_mean_an_error() -> None:
    chances = np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]])
    base = base_comparison(accumulated(CLASSES, [0, 1, 2], chances, [1.0] * 3, (0.5, 0.25, 0.25)))
    assert base.value == pytest.approx((math.log(2) + 2 * math.log(4)) / 3)
    assert base.difference == pytest.approx(-(math.log(0.5) + math.log(0.8) + math.log(0.6)) / 3 - base.value)
    base = base_comparison(accumulated(NUMBER, [1.0, 5.0], [2.0, 5.0], [1.0, 1.0], (2.0,)))
    # Squares 1 and 9 about the mean 2, and 1 and 0 about the scores.
    assert (base.metric, base.value) == ("rmse", pytest.approx(math.sqrt(5)))
    assert base.difference == pytest.approx(math.sqrt(0.5) - math.sqrt(5))


def test_a_rate_of_0_costs_what_a_chance_of_nothing_does() -> None:
    base = base_comparison(accumulated(BINARY, [1, 0], [0.5, 0.5], [1.0, 1.0], (0.0,)))
    assert base.value == pytest.approx(-math.log(1e-7) / 2)
    assert base.constant == 0.5


@pytest.mark.parametrize(
    ("scores", "constant"),
    [
        ([[0.3], [0.3]], True),
        ([[0.3], [0.3 * (1 + 1e-7)]], True),  # as batches of other sizes round
        ([[1e-5], [2e-5]], False),  # of a rare label
        ([[0.3, 0.7], [0.3, 0.7]], True),
        ([[0.3, 0.7], [0.7, 0.3]], False),
        ([[0.0], [0.0]], True),
    ],
)
def test_scores_that_are_all_the_same(scores, constant) -> None:
    """In one part or in two."""
    whole, parts = ScoreRange(chances=True), [ScoreRange(chances=True), ScoreRange(chances=True)]
    whole.add(np.array(scores))
    for part, row in zip(parts, scores, strict=True):
        part.add(np.array([row]))
    parts[0].merge(parts[1])
    assert whole.constant is parts[0].constant is constant


def test_no_scores_are_not_the_same() -> None:
    assert not ScoreRange(chances=True).constant


def test_chances_as_good_as_0_or_1_are_counted() -> None:
    single, classes, numbers = (ScoreRange(chances=chances) for chances in (True, True, False))
    single.add(np.array([[0.0], [1e-7], [0.5], [1.0], [1e-5]]))
    classes.add(np.array([[0.0, 1.0], [0.4, 0.6]]))
    numbers.add(np.array([[0.0], [1.0]]))
    assert (single.saturated, classes.saturated, numbers.saturated) == (3, 1, 0)
