"""How sure a metric is: the jackknife over groups of rows (Efron and Tibshirani 1993, chapter 11).

The metric is computed again and again, each time without one of G groups. Of these values t the standard error of the
metric on all rows is sqrt((G - 1) / G * sum((t - mean(t))^2)). Both models leave out the same rows, so the values of
their difference are paired: what makes a row hard for both of them cancels out.

TFMA has a jackknife of its own. This one stays because TFMA draws a row's group anew in each pass (the seed is for its
tests alone), so that the same rows could pass the gate once and fail it the next time; here the group is a hash of the
row, or of a key whose rows stay together. And TFMA adds a branch to the Beam pipeline for each group, which computes
every metric anew; here one accumulator sums up all groups in the pass that is made anyway.
"""

from __future__ import annotations

import numpy as np

from widedeep.components.evaluator.accumulation.accumulator import (
    BASE,
    GROUPS,
    LABEL,
    LOSS,
    RIGHT,
    SCORE,
    WEIGHT,
    Accumulator,
)


def replicates(accumulator: Accumulator) -> dict[str, np.ndarray]:
    """Each metric without each of the groups, float64 [GROUPS]; NaN where it is undefined."""
    return {name: values[1:] for name, values in _finite_metrics(accumulator).items()}


def metrics(accumulator: Accumulator) -> dict[str, float]:
    """Each metric on all rows, by name; NaN where it is undefined. An area is as exact as the scores' bins are fine."""
    return {name: float(values[0]) for name, values in _finite_metrics(accumulator).items()}


def base_replicates(accumulator: Accumulator) -> tuple[np.ndarray, np.ndarray]:
    """The loss of who knows the label's rates alone, and how far the model's lies above it.

    Returns:
        Each on all rows (first) and without each of the groups, float64 [1 + GROUPS]; of a regression, the root of the
        mean squared error.
    """
    kept = _kept(accumulator)
    with np.errstate(divide="ignore", invalid="ignore"):
        base, loss = kept[:, BASE] / kept[:, WEIGHT], kept[:, LOSS] / kept[:, WEIGHT]
    if accumulator.label.kind == "regression":
        base, loss = np.sqrt(np.maximum(base, 0)), np.sqrt(np.maximum(loss, 0))
    return base, loss - base


def _kept(accumulator: Accumulator) -> np.ndarray:
    """The sums on all rows (first) and without each of the groups: float64 [1 + GROUPS, columns]."""
    sums = accumulator.sums.sum(axis=0)
    return np.concatenate([sums[None], sums - accumulator.sums])


def _finite_metrics(accumulator: Accumulator) -> dict[str, np.ndarray]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return {name: np.where(np.isfinite(each), each, np.nan) for name, each in _metrics(accumulator).items()}


def _metrics(accumulator: Accumulator) -> dict[str, np.ndarray]:
    """On all rows (first) and without each of the groups: float64 [1 + GROUPS]."""
    kept = _kept(accumulator)
    loss, right = kept[:, LOSS] / kept[:, WEIGHT], kept[:, RIGHT] / kept[:, WEIGHT]
    if accumulator.label.kind == "multiclass":
        return {"logloss": loss, "accuracy": right}
    calibration = kept[:, SCORE] / kept[:, LABEL]
    if accumulator.label.kind == "regression":
        return {"rmse": np.sqrt(np.maximum(loss, 0)), "mae": right, "calibration": calibration}
    auc, auc_pr = _areas(accumulator)
    return {"auc": auc, "auc_pr": auc_pr, "logloss": loss, "accuracy": right, "calibration": calibration}


def _areas(accumulator: Accumulator) -> tuple[np.ndarray, np.ndarray]:
    """AUC, and the average precision, on all rows (first) and without each of the groups."""
    keys, sums = accumulator.scores.sums()
    _, place = np.unique(keys // GROUPS, return_inverse=True)
    group = keys % GROUPS
    if not keys.size:
        return np.full(1 + GROUPS, np.nan), np.full(1 + GROUPS, np.nan)
    positive, negative = sums[:, LABEL], sums[:, WEIGHT] - sums[:, LABEL]
    size = int(place.max()) + 1
    good, bad = (_without_each(part, group, place, size) for part in (positive, negative))
    below = np.cumsum(bad, axis=1) - bad / 2
    goods, bads = good.sum(axis=1), bad.sum(axis=1)
    auc = np.sum(good * below, axis=1) / (goods * bads)
    # From the highest score down.
    taken, wrong = np.cumsum(good[:, ::-1], axis=1), np.cumsum(bad[:, ::-1], axis=1)
    share = np.divide(taken, taken + wrong, out=np.zeros_like(taken), where=taken + wrong > 0)
    precision = np.sum(good[:, ::-1] * share, axis=1) / goods
    return auc, precision


def _without_each(part: np.ndarray, group: np.ndarray, place: np.ndarray, size: int) -> np.ndarray:
    """Of a column's sums by group and place, those by place: of all (first), and without each of the groups.

    Returns:
        float64 [1 + GROUPS, size].
    """
    own = np.bincount(group * size + place, part, GROUPS * size).reshape(GROUPS, size)
    whole = own.sum(axis=0)
    # What rounding leaves below 0 is nothing.
    return np.concatenate([whole[None], np.maximum(whole - own, 0)])


def standard_error(values: np.ndarray) -> float:
    """Of a metric whose values without each of the G groups are these; NaN where one is undefined."""
    size = values.size
    return float(np.sqrt((size - 1) / size * np.sum((values - values.mean()) ** 2)))
