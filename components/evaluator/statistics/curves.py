"""The plots of an evaluation as small lists of numbers, from a tally of all rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from widedeep.components.evaluator.statistics.accumulator import GROUPS, LABEL, SCORE, WEIGHT, Tally
from widedeep.components.evaluator.statistics.histogram import middles
from widedeep.components.evaluator.statistics.jackknife import half_width, standard_error

# Points that a curve keeps at most.
POINTS = 100
# Equal shares of the rows, by their score, that calibration is measured in.
TENTHS = 10
# Classes in the table of what was taken for what; the rarer ones are one more.
MOST_CLASSES = 10
_RESIDUAL_BINS = 40
# The share of the rows, on each side, that would stretch the picture of the others.
_TAIL = 0.005

Curves = dict[str, Any]


def curves(tallies: dict[str, Tally], confidence: float) -> Curves:
    """Everything that is drawn.

    Args:
        tallies: of all rows, by model.
        confidence: of the intervals.

    Returns:
        By model: of a binary label "roc", [false positive rate, true positive rate] rising, "thresholds", the score of
        each of its points, and "pr", [recall, precision]; "calibration" (see `calibration`); "confusion" (see
        `confusion`) of classes. Of a regression, too, "residuals": the bins' middles and, by model, the share of rows
        in each.
    """
    found: Curves = {"models": {}}
    for name, tally in tallies.items():
        model: Curves = {"calibration": calibration(tally, confidence)}
        if tally.label.kind == "binary":
            points = roc(tally)
            model |= {"roc": [point[:2] for point in points], "thresholds": [point[2] for point in points]}
            model["pr"] = precision_recall(tally)
        if tally.label.kind == "multiclass":
            model["confusion"] = confusion(tally)
        found["models"][name] = model
    if all(tally.label.kind == "regression" for tally in tallies.values()):
        found["residuals"] = residuals(tallies)
    return found


def _by_score(tally: Tally) -> np.ndarray:
    """Weight, label and score of each bin, the lowest first: float64 [bins, 3]."""
    keys, sums = tally.scores.sums()
    _, first = np.unique(keys // GROUPS, return_index=True)
    return np.add.reduceat(sums, first, axis=0) if keys.size else sums


def roc(tally: Tally) -> list[list[float]]:
    """False positive rate, true positive rate, and the score from which on a row is taken, falling from 1.

    From [0, 0] to [1, 1]; empty where one class is missing.
    """
    taken, wrong = _taken(tally)
    if not taken.size or not taken[-1] or not wrong[-1]:
        return []
    descending = _by_score(tally)[::-1]
    scores = np.divide(
        descending[:, SCORE], descending[:, WEIGHT], where=descending[:, WEIGHT] > 0, out=np.ones(len(descending))
    )
    x, y = wrong / wrong[-1], taken / taken[-1]
    # A bin without weight, which takes no further row, has the score of the one before.
    return _thinned(x + y, x, y, np.minimum.accumulate(np.concatenate([[1.0], scores])))


def precision_recall(tally: Tally) -> list[list[float]]:
    """Recall and precision, by rising recall; empty where no row has label 1."""
    taken, wrong = _taken(tally)
    if not taken.size or not taken[-1]:
        return []
    taken, wrong = taken[1:], wrong[1:]
    recall = taken / taken[-1]
    return _thinned(recall, recall, taken / (taken + wrong))


def _taken(tally: Tally) -> tuple[np.ndarray, np.ndarray]:
    """Weight of rows with label 1, and with label 0, in the highest bins: in none, in one, in two and so on."""
    descending = _by_score(tally)[::-1]
    right = np.cumsum(descending[:, LABEL])
    wrong = np.cumsum(descending[:, WEIGHT] - descending[:, LABEL])
    return np.concatenate([[0.0], right]), np.concatenate([[0.0], np.maximum(wrong, 0)])


def _thinned(way: np.ndarray, *columns: np.ndarray) -> list[list[float]]:
    """The points nearest to evenly spaced places of what rises along the curve, its ends included."""
    places = np.searchsorted(way, np.linspace(way[0], way[-1], POINTS))
    chosen = np.unique(np.concatenate([[0], np.minimum(places, way.size - 1), [way.size - 1]]))
    return [[round(float(column[place]), 5) for column in columns] for place in chosen]


def calibration(tally: Tally, confidence: float) -> list[dict[str, float | None]]:
    """Mean score beside mean label, in ten equal shares of the rows by their score.

    Each has the mean score `predicted`, the mean label `actual` with the interval from `low` to `high`, and the
    weight of its `rows`. Equal scores stay together, so that there may be fewer than ten.
    """
    keys, sums = tally.scores.sums()
    bins = _by_score(tally)
    total = bins[:, WEIGHT].sum()
    if not total > 0:
        return []
    middle = np.cumsum(bins[:, WEIGHT]) - bins[:, WEIGHT] / 2
    tenth_of_bin = np.minimum((TENTHS * middle / total).astype(int), TENTHS - 1)
    _, bin_of_key = np.unique(keys // GROUPS, return_inverse=True)
    cell = tenth_of_bin[bin_of_key] * GROUPS + keys % GROUPS
    cells = np.stack([np.bincount(cell, column, TENTHS * GROUPS) for column in sums.T], axis=-1)
    tenths = cells.reshape(TENTHS, GROUPS, -1)
    return [_one_tenth(groups, confidence) for groups in tenths if groups[:, WEIGHT].sum() > 0]


def _one_tenth(groups: np.ndarray, confidence: float) -> dict[str, float | None]:
    weight, label, score = groups.sum(axis=0)
    kept = groups.sum(axis=0) - groups
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = half_width(standard_error(kept[:, LABEL] / kept[:, WEIGHT]), confidence)
    actual = label / weight
    reach = reach if np.isfinite(reach) else 0.0
    return {
        "predicted": _short(score / weight),
        "actual": _short(actual),
        "low": _short(actual - reach),
        "high": _short(actual + reach),
        "rows": _short(weight),
    }


def residuals(tallies: dict[str, Tally]) -> Curves:
    """How label - score is spread: `middles` of equally wide bins, and by model the `shares` of rows in each.

    The bins leave out what is farthest off, _TAIL of the rows on each side.
    """
    spread = {name: _errors(tally) for name, tally in tallies.items() if tally.rows > tally.broken}
    if not spread:
        return {"middles": [], "shares": {}}
    ends = [_quantiles(*one) for one in spread.values()]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    edges = np.linspace(low, high if high > low else low + 1, _RESIDUAL_BINS + 1)
    shares = {}
    for name, (value, weight) in spread.items():
        counted, _ = np.histogram(value, edges, weights=weight)
        shares[name] = [_short(share) for share in counted / weight.sum()]
    return {"middles": [_short(middle) for middle in (edges[1:] + edges[:-1]) / 2], "shares": shares}


def _errors(tally: Tally) -> tuple[np.ndarray, np.ndarray]:
    keys, sums = tally.residuals.sums()
    return middles(keys), sums[:, 0]


def _quantiles(value: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    ends = np.searchsorted(np.cumsum(weight) / weight.sum(), [_TAIL, 1 - _TAIL])
    return float(value[ends[0]]), float(value[min(ends[1], value.size - 1)])


def confusion(tally: Tally) -> Curves:
    """What the rows of each class were taken for.

    `classes` are those with most rows, by number; `rows` the weight of each one's rows; `shares` for each the share
    that was taken for each of them, and last for any other class.
    """
    keys, sums = tally.pairs.sums()
    classes = tally.label.classes or 1
    actual, likeliest, weight = keys // classes, keys % classes, sums[:, 0]
    rows = np.bincount(actual, weight, classes)
    shown = np.sort(np.argsort(-rows, kind="stable")[:MOST_CLASSES])
    shown = shown[rows[shown] > 0]
    shares = []
    for one in shown:
        mine = actual == one
        counted = np.bincount(likeliest[mine], weight[mine], classes)
        parts = [*counted[shown], counted.sum() - counted[shown].sum()]
        shares.append([_short(part / rows[one]) for part in parts])
    return {"classes": shown.tolist(), "rows": [_short(rows[one]) for one in shown], "shares": shares}


def _short(number: float) -> float | None:
    """Six digits are more than a picture shows; JSON knows no NaN."""
    return float(f"{number:.6g}") if np.isfinite(number) else None
