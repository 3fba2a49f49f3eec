"""What is drawn of an evaluation."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn import metrics

from widedeep.components.evaluator.accumulation.accumulator import GROUPS, Accumulator, Batch
from widedeep.components.evaluator.plots import Confusion
from widedeep.components.evaluator.statistics.calibration import calibration
from widedeep.components.evaluator.statistics.curves import (
    confusion,
    plots,
    precision_recall,
    residuals,
    roc,
)
from widedeep.components.features.spec import Label

BINARY, NUMBER, CLASSES = (
    Label(key="y"),
    Label(key="y", kind="regression"),
    Label(key="y", kind="multiclass", classes=3),
)


def accumulate(label: Label, y: object, score: object, weight: object = None) -> Accumulator:
    y, score = np.asarray(y), np.asarray(score)
    made = Accumulator(label, whole=True)
    weight = np.ones(y.size) if weight is None else np.asarray(weight)
    made.add(Batch(y, score, weight, np.arange(y.size) % GROUPS))
    return made


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    score = random.beta(1, 20, 30_000)
    return (random.random(score.size) < score).astype(int), score, random.choice([1.0, 2.0], score.size)


def test_the_area_under_the_drawn_curve_is_the_auc(rows) -> None:
    """Of rare clicks, whose scores lie close together."""
    y, score, weight = rows
    drawn, thresholds = roc(accumulate(BINARY, y, score, weight))
    points = np.array(drawn)
    assert [*points[0], thresholds[0]] == [0, 0, 1]
    assert points[-1].tolist() == [1, 1]
    assert 90 < len(points) == len(thresholds) <= 102
    assert (np.diff(points, axis=0) >= 0).all()
    assert (np.diff(thresholds) <= 0).all()
    assert metrics.auc(points[:, 0], points[:, 1]) == pytest.approx(
        metrics.roc_auc_score(y, score, sample_weight=weight), abs=5e-4
    )


def test_four_rows_by_hand() -> None:
    """Scores 0.9 (1), 0.8 (0), 0.5 (1), 0.5 (0): the last two can't be told apart."""
    accumulated = accumulate(BINARY, [1, 0, 1, 0], [0.9, 0.8, 0.5, 0.5])
    points, thresholds = roc(accumulated)
    assert points == [(0, 0), (0, 0.5), (0.5, 0.5), (1, 1)]
    assert thresholds == pytest.approx([1, 0.9, 0.8, 0.5], abs=1e-5)
    assert precision_recall(accumulated) == [(0.5, 1), (0.5, 0.5), (1, 0.5)] or precision_recall(accumulated) == [
        (0.5, 1),
        (1, 0.5),
    ]


def test_precision_and_recall_are_scikit_learns(rows) -> None:
    y, score, weight = rows
    points = np.array(precision_recall(accumulate(BINARY, y, score, weight)))
    assert len(points) <= 102
    assert points[-1][0] == 1
    precision, recall, _ = metrics.precision_recall_curve(y, score, sample_weight=weight)
    # Where the recall is theirs, so is the precision: the curve is a part of theirs, but for the bins' width.
    for x, there in points[5:]:
        place = np.argmin(np.abs(recall - x))
        assert there == pytest.approx(precision[place], abs=0.01), x


def test_at_its_threshold_a_point_of_the_curve_is_what_the_rows_say(rows) -> None:
    """All rows with at least that score are taken: their share of each label is the point, but for the bin's width."""
    y, score, weight = rows
    for (fpr, tpr), threshold in zip(*roc(accumulate(BINARY, y, score, weight)), strict=True):
        taken = score >= threshold * (1 - 0.001)
        assert weight[taken & (y == 1)].sum() / weight[y == 1].sum() == pytest.approx(tpr, abs=0.005)
        assert weight[taken & (y == 0)].sum() / weight[y == 0].sum() == pytest.approx(fpr, abs=0.005)


def test_a_bin_without_weight_has_a_threshold_too() -> None:
    accumulated = accumulate(BINARY, [1, 1, 0], [0.9, 0.7, 0.2], [1.0, 0.0, 1.0])
    assert roc(accumulated)[1] == pytest.approx([1, 0.9, 0.2], abs=1e-5)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_has_no_curve(label) -> None:
    accumulated = accumulate(BINARY, [label] * 3, [0.1, 0.2, 0.3])
    assert roc(accumulated) == ([], [])
    assert bool(precision_recall(accumulated)) is bool(label)


def test_calibration_by_tenths() -> None:
    """100 rows with scores 0.005 to 0.995: in the first tenth ten rows, of which one has label 1."""
    score = np.arange(100) / 100 + 0.005
    y = (np.arange(100) % 10 == 0).astype(int)
    bins = calibration(accumulate(BINARY, y, score), 0.95)
    assert [bin_.rows for bin_ in bins] == [10] * 10
    assert [bin_.actual for bin_ in bins] == pytest.approx([0.1] * 10)
    assert [bin_.predicted for bin_ in bins] == pytest.approx([0.05 + tenth / 10 for tenth in range(10)], abs=1e-6)
    # Ten groups of a row each, of which one is 1; without a row of label 0 the share is 1/9, without the other 0.
    values = np.array([0.0] + [1 / 9] * 9 + [0.1] * 40)
    error = np.sqrt(49 / 50 * np.sum((values - values.mean()) ** 2))
    # Wilson's interval of p (1 - p) / error^2 rows, with Student's t of nine degrees of freedom.
    share = 2.2622**2 * error**2 / 0.09
    middle, half = (0.1 + share / 2) / (1 + share), np.sqrt(share * 0.09 + share**2 / 4) / (1 + share)
    assert (bins[0].low, bins[0].high) == pytest.approx((middle - half, middle + half), rel=1e-3)


def test_equal_scores_are_one_share() -> None:
    """A model that knows nothing."""
    [bin_] = calibration(accumulate(BINARY, [0, 1, 1, 1], [0.25] * 4), 0.95)
    assert (bin_.predicted, bin_.actual, bin_.rows) == (0.25, 0.75, 4)


def test_calibration_of_classes_is_of_the_likeliest() -> None:
    """Surely right once and surely wrong once."""
    [bin_] = calibration(accumulate(CLASSES, [0, 1], [[0.75, 0.25, 0], [0.75, 0.25, 0]]), 0.95)
    assert (bin_.predicted, bin_.actual) == (0.75, 0.5)


def test_confusion_by_hand() -> None:
    """Class 0 is right half of the time by weight, class 2 never."""
    sure = np.eye(3)
    accumulated = accumulate(CLASSES, [0, 0, 2], sure[[0, 1, 1]], [2.0, 2.0, 1.0])
    # Class 1 has no rows: what was taken for it was taken for another than is shown.
    assert confusion(accumulated) == Confusion(classes=[0, 2], rows=[4, 1], shares=[[0.5, 0, 0.5], [0, 0, 1]])


def test_rare_classes_are_one() -> None:
    label = Label(key="y", kind="multiclass", classes=12)
    y = np.repeat(np.arange(12), np.arange(1, 13))
    matrix = confusion(accumulate(label, y, np.eye(12)[y]))
    assert matrix.classes == list(range(2, 12))
    assert matrix.shares == [[float(row == other) for other in range(10)] + [0] for row in range(10)]


def test_residuals_add_up_and_lie_where_they_should() -> None:
    random = np.random.default_rng(2)
    y = random.normal(10, 3, 20_000)
    plot = residuals({"candidate": accumulate(NUMBER, y, y - random.normal(1, 2, y.size))})
    middles, shares = np.array(plot.middles), np.array(plot.shares["candidate"])
    # A hundredth of the rows is left out: 2.58 standard deviations away.
    assert shares.sum() == pytest.approx(0.99, abs=1e-3)
    assert (middles * shares).sum() / shares.sum() == pytest.approx(1, abs=0.05)
    assert middles[[0, -1]] == pytest.approx([1 - 2.58 * 2, 1 + 2.58 * 2], abs=0.4)


def test_a_perfect_model_has_residuals_too() -> None:
    plot = residuals({"candidate": accumulate(NUMBER, [1.0, 2.0], [1.0, 2.0])})
    assert sum(plot.shares["candidate"]) == 1


@pytest.mark.parametrize(
    ("label", "y", "score", "parts"),
    [
        (BINARY, [0, 1], [0.2, 0.4], {"roc", "thresholds", "pr", "calibration"}),
        (NUMBER, [0.0, 1.0], [0.2, 0.4], {"calibration"}),
        (CLASSES, [0, 1], np.eye(3)[:2], {"calibration", "confusion"}),
    ],
)
def test_each_kind_of_label_has_its_plots(label, y, score, parts) -> None:
    accumulated = accumulate(label, y, score)
    curves = json.loads(plots({"candidate": accumulated, "baseline": accumulated}, 0.95).text())
    assert {model: set(drawn) for model, drawn in curves["models"].items()} == {"candidate": parts, "baseline": parts}
    assert ("residuals" in curves) is (label is NUMBER)


def test_a_slice_draws_nothing() -> None:
    """Of a slice only what its metrics need is kept."""
    made = Accumulator(NUMBER, whole=False)
    made.add(Batch(np.ones(2), np.ones(2), np.ones(2), np.zeros(2, int)))
    assert made.scores.sums()[0].size == made.residuals.sums()[0].size == 0


@pytest.mark.parametrize("label", [BINARY, NUMBER, CLASSES])
def test_scores_that_are_no_numbers_draw_nothing(label) -> None:
    score = np.full((2, 3), np.nan) if label is CLASSES else np.full(2, np.nan)
    drawn = plots({"candidate": accumulate(label, [0, 1], score)}, 0.95)
    assert drawn.models["candidate"].calibration == []
    assert drawn.residuals is None or drawn.residuals.shares == {}
