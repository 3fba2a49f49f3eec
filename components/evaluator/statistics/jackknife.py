"""How sure a metric is: the jackknife over groups of rows (Efron and Tibshirani 1993, chapter 11).

The metric is computed again and again, each time without one of G groups. Of these values t the standard error of the
metric on all rows is sqrt((G - 1) / G * sum((t - mean(t))^2)). Both models leave out the same rows, so the values of
their difference are paired: what makes a row hard for both of them cancels out.

TFMA has a jackknife of its own. This one stays because TFMA draws a row's group anew in each pass (the seed is for its
tests alone), so that the same rows could pass the gate once and fail it the next time; here the group is a hash of the
row. And TFMA adds a branch to the Beam pipeline for each group, which computes every metric anew; here one accumulator
sums up all groups in the pass that is made anyway. The quantile of Student's t is SciPy's.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from widedeep.components.evaluator.statistics.accumulator import GROUPS, LABEL, LOSS, RIGHT, SCORE, WEIGHT, Accumulator


def replicates(accumulator: Accumulator) -> dict[str, np.ndarray]:
    """Each metric without each of the groups, float64 [GROUPS]; NaN where it is undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        metrics = _metrics(accumulator)
    return {name: np.where(np.isfinite(values), values, np.nan) for name, values in metrics.items()}


def _metrics(accumulator: Accumulator) -> dict[str, np.ndarray]:
    kept = accumulator.sums.sum(axis=0) - accumulator.sums
    loss, right = kept[:, LOSS] / kept[:, WEIGHT], kept[:, RIGHT] / kept[:, WEIGHT]
    if accumulator.label.kind == "multiclass":
        return {"logloss": loss, "accuracy": right}
    calibration = kept[:, SCORE] / kept[:, LABEL]
    if accumulator.label.kind == "regression":
        return {"rmse": np.sqrt(np.maximum(loss, 0)), "mae": right, "calibration": calibration}
    auc, auc_pr = _areas(accumulator)
    return {"auc": auc, "auc_pr": auc_pr, "logloss": loss, "accuracy": right, "calibration": calibration}


def _areas(accumulator: Accumulator) -> tuple[np.ndarray, np.ndarray]:
    """AUC, and the average precision, without each of the groups."""
    keys, sums = accumulator.scores.sums()
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
    """How far an interval reaches to each side: Student's t with GROUPS - 1 degrees of freedom times the error."""
    if not math.isfinite(error):
        return math.nan
    return float(stats.t.ppf((1 + confidence) / 2, GROUPS - 1)) * error
