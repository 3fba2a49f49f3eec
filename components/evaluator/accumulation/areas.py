"""The areas under a binary label's two curves, by the arithmetic of TFMA's AUC and AUCPrecisionRecall.

Scores are rounded down to 10,000 equal steps, of which the curves have 10,000 points, the thresholds of Keras' AUC. The
area under precision and recall is interpolated between them after Davis and Goadrich (2006).
"""

from __future__ import annotations

import numpy as np

# As many steps of the scores as thresholds.
STEPS = 10_000
# The first is below 0 and the last above 1, and no score is taken at the last.
_INNER = np.arange(1, STEPS - 1) / (STEPS - 1)
# What keeps scores that are equal to a threshold below it.
_EPSILON = 1e-7
_NEXT = np.append(_INNER + _EPSILON, 1 + 2 * _EPSILON)


def steps(scores: np.ndarray) -> np.ndarray:
    """The step of each score in 0..1, int64 [n]."""
    return np.asarray(np.minimum(scores * STEPS, STEPS - 1).astype(np.int64))


def areas(keys: np.ndarray, sums: np.ndarray) -> tuple[float, float]:
    """Area under the ROC curve, and under precision and recall; 0 where a class has no weight.

    Args:
        keys: the steps that scores are in, int64 [k].
        sums: of each the weight of the rows, and of those with label 1, float64 [k, 2].
    """
    point = np.searchsorted(_NEXT, keys / STEPS, side="right")
    # Without a row NumPy counts in whole numbers.
    weight, right = (np.bincount(point, column, STEPS).astype(np.float64) for column in sums.T)
    taken, wrong = (np.cumsum(column[::-1])[::-1] for column in (right, weight - right))
    all_right, all_wrong = taken[0], wrong[0]
    taken[-1] = wrong[-1] = 0.0
    return _roc(taken, wrong, all_right, all_wrong), _precision_recall(taken, wrong, all_right)


def _roc(taken: np.ndarray, wrong: np.ndarray, all_right: float, all_wrong: float) -> float:
    recall = taken / all_right if all_right else np.zeros_like(taken)
    false_rate = wrong / all_wrong if all_wrong else np.zeros_like(wrong)
    return float(np.sum((false_rate[:-1] - false_rate[1:]) * (recall[:-1] + recall[1:]) / 2))


def _precision_recall(taken: np.ndarray, wrong: np.ndarray, all_right: float) -> float:
    both = taken + wrong
    # Where a point takes no row more, or there is none with label 1, the step is undefined, and counts as none.
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (taken[:-1] - taken[1:]) / np.maximum(both[:-1] - both[1:], 0)
        intercept = taken[1:] - slope * both[1:]
        ratio = np.divide(both[:-1], both[1:], out=np.ones_like(both[1:]), where=both[1:] != 0)
        return float(np.nansum(slope * (taken[:-1] - taken[1:] + intercept * np.log(ratio)) / all_right))
