"""Score beside label, in equal shares of the rows by their score, from an accumulator of all rows."""

from __future__ import annotations

import numpy as np

from widedeep.components.evaluator.accumulation.accumulator import GROUPS, LABEL, SQUARE, WEIGHT, Accumulator
from widedeep.components.evaluator.plots import CalibrationShare
from widedeep.components.evaluator.statistics.intervals import quantile, rate_interval
from widedeep.components.evaluator.statistics.jackknife import standard_error
from widedeep.components.evaluator.statistics.supports import effective

# Equal shares of the rows, by their score, that calibration is measured in.
TENTHS = 10


def calibration(accumulator: Accumulator, confidence: float) -> list[CalibrationShare]:
    """Mean score beside mean label, in ten equal shares of the rows by their score."""
    keys, sums = accumulator.scores.sums()
    bins = by_score(accumulator)
    total = bins[:, WEIGHT].sum()
    if not total > 0:
        return []
    middle = np.cumsum(bins[:, WEIGHT]) - bins[:, WEIGHT] / 2
    tenth_of_bin = np.minimum((TENTHS * middle / total).astype(int), TENTHS - 1)
    _, bin_of_key = np.unique(keys // GROUPS, return_inverse=True)
    cell = tenth_of_bin[bin_of_key] * GROUPS + keys % GROUPS
    cells = np.stack([np.bincount(cell, column, TENTHS * GROUPS) for column in sums.T], axis=-1)
    tenths = cells.reshape(TENTHS, GROUPS, -1)
    # What a unit of weight is worth in rows.
    worth = effective(total, accumulator.sums[:, SQUARE].sum()) / total
    is_rate = accumulator.label.kind != "regression"
    return [_calibration_share(groups, confidence, worth, is_rate) for groups in tenths if groups[:, WEIGHT].sum() > 0]


def _calibration_share(groups: np.ndarray, confidence: float, worth: float, is_rate: bool) -> CalibrationShare:
    weight, label, score = groups.sum(axis=0)
    kept = groups.sum(axis=0) - groups
    with np.errstate(divide="ignore", invalid="ignore"):
        error = standard_error(kept[:, LABEL] / kept[:, WEIGHT])
    # Rows of one group alone tell no error.
    error = np.nan_to_num(error)
    reach = quantile(max(effective(weight, np.sum(groups[:, WEIGHT] ** 2)), 2.0), confidence)
    actual = label / weight
    low, high = actual - reach * error, actual + reach * error
    if is_rate:
        low, high = rate_interval(actual, error, weight * worth, reach)
    return CalibrationShare(
        predicted=short(score / weight),
        actual=short(actual),
        low=short(low),
        high=short(high),
        rows=short(weight),
    )


def by_score(accumulator: Accumulator) -> np.ndarray:
    """Weight, label and score of each bin, the lowest first: float64 [bins, 3]."""
    keys, sums = accumulator.scores.sums()
    _, first = np.unique(keys // GROUPS, return_index=True)
    return np.add.reduceat(sums, first, axis=0) if keys.size else sums


def short(number: float) -> float:
    """Six digits are more than a picture shows."""
    return float(f"{number:.6g}")
