"""What one column tells of the label by itself, on rows that it was not learned from."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from widedeep.pipeline.drafting.gains.folds import Half
from widedeep.pipeline.drafting.reading.columns import Codes, Floats

# Rows of the mean label that a value's own rows are weighed against: a value seen once says little.
_PRIOR_ROWS = 10.0


def predictions(codes: Codes, label: Floats, half: Half) -> Floats:
    """For each row the mean label of its values in the other half, drawn towards the mean of all."""
    predicted = np.zeros(codes.length)
    for learned in (half, ~half):
        mean = label[learned].mean() if learned.any() else label.mean()
        of_learned = learned[codes.rows]
        at = codes.codes[of_learned]
        sums = np.bincount(at, label[codes.rows[of_learned]], codes.size) + _PRIOR_ROWS * mean
        means = sums / (np.bincount(at, minlength=codes.size) + _PRIOR_ROWS)
        values = np.bincount(codes.rows, minlength=codes.length)
        totals = np.bincount(codes.rows, means[codes.codes], codes.length)
        of_rows = np.where(values > 0, totals / np.maximum(values, 1), mean)
        predicted[~learned] = of_rows[~learned]
    return predicted


def auc_alone(codes: Codes, label: Floats, half: Half) -> float:
    """AUC of a binary label by this column alone; 0.5 where a half lacks a class."""
    predicted = predictions(codes, label, half)
    # Each half by itself: their levels may differ.
    areas = [area(label[part], predicted[part]) for part in (half, ~half) if 0 < label[part].sum() < part.sum()]
    return float(np.mean(areas)) if areas else 0.5


def area(label: Floats, score: Floats) -> float:
    """Area under the ROC curve: the share of pairs of both classes that the score puts in order (Mann and Whitney)."""
    ones = label.sum()
    ranks = rankdata(score)[label == 1].sum()
    return float((ranks - ones * (ones + 1) / 2) / (ones * (len(label) - ones)))


def explained(codes: Codes, target: Floats, half: Half) -> float:
    """Share of a number's variance that the column explains, 0 to 1."""
    present = ~np.isnan(target)
    if present.sum() < 2 or np.nanvar(target) == 0:
        return 0.0
    kept, filled = half[present], target[present]
    if not 0 < kept.sum() < len(kept):
        return 0.0
    error = filled - predictions(codes.take(present), filled, kept)
    return max(0.0, 1 - float(np.mean(error**2) / np.var(filled)))


def determined(codes: Codes, target: Floats) -> float:
    """Share of a number's variance that lies between a column's values: adjusted R², so that chance gives 0.

    Source: Theil 1961, "Economic Forecasts and Policy": 1 - (1 - R²) (n - 1) / (n - k) of k values in n rows.
    """
    kept = ~np.isnan(target)
    if not codes.single or kept.sum() < 2 or np.nanvar(target) == 0:
        return 0.0
    at, filled = codes.codes[kept], target[kept]
    counts = np.bincount(at, minlength=codes.size)
    values = int((counts > 0).sum())
    if values >= len(filled):
        return 0.0
    means = np.bincount(at, filled, codes.size) / np.maximum(counts, 1)
    within = float(((filled - means[at]) ** 2).sum()) / (len(filled) - values)
    return max(0.0, 1 - within / float(filled.var(ddof=1)))


def log_loss(label: Floats, predicted: Floats) -> float:
    """Mean log loss in nats of chances."""
    chance = np.clip(predicted, 1e-6, 1 - 1e-6)
    return float(-np.mean(label * np.log(chance) + (1 - label) * np.log(1 - chance)))
