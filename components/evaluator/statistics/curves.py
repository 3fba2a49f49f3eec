"""The plots of an evaluation (see components/evaluator/plots.py), from an accumulator of all rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from widedeep.components.common.records import Number
from widedeep.components.evaluator.accumulation.accumulator import LABEL, SCORE, WEIGHT, Accumulator
from widedeep.components.evaluator.accumulation.histogram import middles
from widedeep.components.evaluator.plots import Confusion, ModelPlots, Plots, Point, Residuals
from widedeep.components.evaluator.statistics.calibration import by_score, calibration, short

# Points that a curve keeps at most.
POINTS = 100
# Classes in the table of what was taken for what; the rarer ones are one more.
MOST_CLASSES = 10
_RESIDUAL_BINS = 40
# The share of the rows, on each side, that would stretch the picture of the others.
_TAIL = 0.005


def plots(accumulators: Mapping[str, Accumulator], confidence: float) -> Plots:
    """Everything that is drawn.

    Args:
        accumulators: of all rows, by model.
        confidence: of the intervals.
    """
    regression = all(accumulator.label.kind == "regression" for accumulator in accumulators.values())
    return Plots(
        models={name: _model_plots(accumulator, confidence) for name, accumulator in accumulators.items()},
        residuals=residuals(accumulators) if regression else None,
    )


def _model_plots(accumulator: Accumulator, confidence: float) -> ModelPlots:
    binary = accumulator.label.kind == "binary"
    points, thresholds = roc(accumulator) if binary else (None, None)
    return ModelPlots(
        calibration=calibration(accumulator, confidence),
        roc=points,
        thresholds=thresholds,
        pr=precision_recall(accumulator) if binary else None,
        confusion=confusion(accumulator) if accumulator.label.kind == "multiclass" else None,
    )


def roc(accumulator: Accumulator) -> tuple[list[Point], list[float]]:
    """False and true positive rate, rising from (0, 0) to (1, 1); both lists are empty where one class is missing.

    The second list has, for each point, the score from which on a row is taken, falling from 1.
    """
    taken, wrong = _taken(accumulator)
    if not taken.size or not taken[-1] or not wrong[-1]:
        return [], []
    descending = by_score(accumulator)[::-1]
    scores = np.divide(
        descending[:, SCORE], descending[:, WEIGHT], where=descending[:, WEIGHT] > 0, out=np.ones(len(descending))
    )
    x, y = wrong / wrong[-1], taken / taken[-1]
    chosen = _thinned(x + y)
    # A bin without weight, which takes no further row, has the score of the one before.
    thresholds = np.minimum.accumulate(np.concatenate([[1.0], scores]))
    return _points(x[chosen], y[chosen]), [_rounded(threshold) for threshold in thresholds[chosen]]


def precision_recall(accumulator: Accumulator) -> list[Point]:
    """Recall and precision, by rising recall; empty where no row has label 1."""
    taken, wrong = _taken(accumulator)
    if not taken.size or not taken[-1]:
        return []
    taken, wrong = taken[1:], wrong[1:]
    recall = taken / taken[-1]
    chosen = _thinned(recall)
    return _points(recall[chosen], (taken / (taken + wrong))[chosen])


def _taken(accumulator: Accumulator) -> tuple[np.ndarray, np.ndarray]:
    """Weight of rows with label 1, and with label 0, in the highest bins: in none, in one, in two and so on."""
    descending = by_score(accumulator)[::-1]
    right = np.cumsum(descending[:, LABEL])
    wrong = np.cumsum(descending[:, WEIGHT] - descending[:, LABEL])
    return np.concatenate([[0.0], right]), np.concatenate([[0.0], np.maximum(wrong, 0)])


def _thinned(way: np.ndarray) -> np.ndarray:
    """Places of the points nearest to evenly spaced ones of what rises along the curve, its ends included."""
    places = np.searchsorted(way, np.linspace(way[0], way[-1], POINTS))
    return np.unique(np.concatenate([[0], np.minimum(places, way.size - 1), [way.size - 1]]))


def _points(x: np.ndarray, y: np.ndarray) -> list[Point]:
    return [(_rounded(a), _rounded(b)) for a, b in zip(x, y, strict=True)]


def _rounded(value: float) -> float:
    return round(float(value), 5)


def residuals(accumulators: Mapping[str, Accumulator]) -> Residuals:
    """How label - score is spread; the bins leave out what is farthest off, _TAIL of the rows on each side."""
    spread = {
        name: _errors(accumulator)
        for name, accumulator in accumulators.items()
        if accumulator.rows > accumulator.broken
    }
    if not spread:
        return Residuals(middles=[], shares={})
    ends = [_quantiles(value, weight) for value, weight in spread.values()]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    edges = np.linspace(low, high if high > low else low + 1, _RESIDUAL_BINS + 1)
    shares: dict[str, list[Number]] = {}
    for name, (value, weight) in spread.items():
        counted, _ = np.histogram(value, edges, weights=weight)
        shares[name] = [short(share) for share in counted / weight.sum()]
    return Residuals(middles=[short(middle) for middle in (edges[1:] + edges[:-1]) / 2], shares=shares)


def _errors(accumulator: Accumulator) -> tuple[np.ndarray, np.ndarray]:
    keys, sums = accumulator.residuals.sums()
    return middles(keys), sums[:, 0]


def _quantiles(value: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    ends = np.searchsorted(np.cumsum(weight) / weight.sum(), [_TAIL, 1 - _TAIL])
    return float(value[ends[0]]), float(value[min(ends[1], value.size - 1)])


def confusion(accumulator: Accumulator) -> Confusion:
    """What the rows of each class were taken for."""
    keys, sums = accumulator.pairs.sums()
    classes = accumulator.label.classes or 1
    actual, likeliest, weight = keys // classes, keys % classes, sums[:, 0]
    rows = np.bincount(actual, weight, classes)
    shown = np.sort(np.argsort(-rows, kind="stable")[:MOST_CLASSES])
    shown = shown[rows[shown] > 0]
    shares: list[list[Number]] = []
    for number in shown:
        mine = actual == number
        counted = np.bincount(likeliest[mine], weight[mine], classes)
        parts = [*counted[shown], counted.sum() - counted[shown].sum()]
        shares.append([short(part / rows[number]) for part in parts])
    return Confusion(classes=shown.tolist(), rows=[short(rows[number]) for number in shown], shares=shares)
