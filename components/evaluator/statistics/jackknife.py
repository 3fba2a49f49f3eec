"""How sure a metric is: the jackknife over groups of rows (Efron and Tibshirani 1993, chapter 11).

The metric is computed again and again, each time without one of G groups. Of these values t the standard error of the
metric on all rows is sqrt((G - 1) / G * sum((t - mean(t))^2)). Both models leave out the same rows, so the values of
their difference are paired: what makes a row hard for both of them cancels out.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from widedeep.components.evaluator.statistics.accumulator import GROUPS, LABEL, LOSS, RIGHT, SCORE, WEIGHT, Tally


def replicates(tally: Tally) -> dict[str, np.ndarray]:
    """Each metric without each of the groups, float64 [GROUPS]; NaN where it is undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = _metrics(tally)
    return {name: np.where(np.isfinite(values), values, np.nan) for name, values in found.items()}


def _metrics(tally: Tally) -> dict[str, np.ndarray]:
    kept = tally.sums.sum(axis=0) - tally.sums
    loss, right = kept[:, LOSS] / kept[:, WEIGHT], kept[:, RIGHT] / kept[:, WEIGHT]
    if tally.label.kind == "multiclass":
        return {"logloss": loss, "accuracy": right}
    calibration = kept[:, SCORE] / kept[:, LABEL]
    if tally.label.kind == "regression":
        return {"rmse": np.sqrt(np.maximum(loss, 0)), "mae": right, "calibration": calibration}
    auc, auc_pr = _areas(tally)
    return {"auc": auc, "auc_pr": auc_pr, "logloss": loss, "accuracy": right, "calibration": calibration}


def _areas(tally: Tally) -> tuple[np.ndarray, np.ndarray]:
    """AUC, and the average precision, without each of the groups."""
    keys, sums = tally.scores.sums()
    _, place = np.unique(keys // GROUPS, return_inverse=True)
    group = keys % GROUPS
    auc, precision = np.full(GROUPS, np.nan), np.full(GROUPS, np.nan)
    if not keys.size:
        return auc, precision
    positive, negative = sums[:, LABEL], sums[:, WEIGHT] - sums[:, LABEL]
    size = int(place.max()) + 1
    every = np.stack([np.bincount(place, part, size) for part in (positive, negative)])
    for left_out in range(GROUPS):
        mine = group == left_out
        gone = np.stack([np.bincount(place[mine], part[mine], size) for part in (positive, negative)])
        good, bad = np.maximum(every - gone, 0)
        below = np.cumsum(bad) - bad / 2
        auc[left_out] = good @ below / (good.sum() * bad.sum())
        # From the highest score down.
        taken, wrong = np.cumsum(good[::-1]), np.cumsum(bad[::-1])
        share = np.divide(taken, taken + wrong, out=np.zeros(size), where=taken + wrong > 0)
        precision[left_out] = good[::-1] @ share / good.sum()
    return auc, precision


def standard_error(values: np.ndarray) -> float:
    """Of a metric whose values without each of the G groups are these; NaN where one is undefined."""
    size = values.size
    return float(np.sqrt((size - 1) / size * np.sum((values - values.mean()) ** 2)))


def half_width(error: float, confidence: float) -> float:
    """How far an interval reaches to each side: Student's t with n = G - 1 degrees of freedom times the error.

    With the normal quantile z, t is z + (z^3 + z) / 4n + (5z^5 + 16z^3 + 3z) / 96n^2 and smaller terms (Abramowitz and
    Stegun 26.7.5).
    """
    z, n = NormalDist().inv_cdf((1 + confidence) / 2), GROUPS - 1
    t = z + (z**3 + z) / (4 * n) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
    return t * error if math.isfinite(error) else math.nan
