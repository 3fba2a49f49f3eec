"""What lists add up to: of each group that the jackknife leaves out the weighted sums of its lists' metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from widedeep.components.evaluator.accumulation.accumulator import GROUPS
from widedeep.components.evaluator.ranking.list_metrics import ListRows, list_metrics
from widedeep.components.evaluator.ranking.ranking_options import list_metric_names

# The number of rows that are in no list.
NO_LIST = -1


@dataclass
class ListSums:
    """Sums over lists.

    A list's weight is the sum of its rows' weights where the metric is the GAUC, else their mean: without weights it
    counts by its rows there, and as one here.

    Attributes:
        sums: float64 [models, GROUPS, metrics], of weight times metric.
        weights: float64 [GROUPS, metrics], of weights.
        squares: float64 [metrics], of the lists' squared weights.
        positives: float64 [2], of the counted lists' rows of label 1: weight, and squared weight.
        lists: with any row of a weight above 0.
        counted: those with rows of both labels.
        everywhere: lists in all, of which these may be a sample: estimated then.
        outside: rows without a list.
    """

    sums: np.ndarray
    weights: np.ndarray
    squares: np.ndarray
    positives: np.ndarray
    lists: int = 0
    counted: int = 0
    everywhere: float = 0.0
    outside: int = 0

    @classmethod
    def nothing(cls, models: int, places: Sequence[int]) -> ListSums:
        """Of no lists."""
        size = len(list_metric_names(places))
        return cls(np.zeros((models, GROUPS, size)), np.zeros((GROUPS, size)), np.zeros(size), np.zeros(2))

    @classmethod
    def of(cls, rows: ListRows, group: np.ndarray, scores: np.ndarray, places: Sequence[int]) -> ListSums:
        """Of whole lists.

        Args:
            rows: of the lists; those of NO_LIST are counted alone.
            group: int64 [n], the jackknife's.
            scores: float [n, models].
            places: each k.
        """
        made = cls.nothing(scores.shape[1], places)
        made.outside = int(np.sum(rows.number == NO_LIST))
        counts = (rows.weight > 0) & (rows.number != NO_LIST)
        rows, group, scores = rows.of(counts), group[counts], scores[counts]
        _, number, sizes = np.unique(rows.number, return_inverse=True, return_counts=True)
        right = np.bincount(number, rows.label, sizes.size)
        both = (right > 0) & (right < sizes)
        made.lists, made.counted, made.everywhere = sizes.size, int(both.sum()), float(sizes.size)
        if not made.counted:
            return made
        chosen = both[number]
        rows, group, scores = rows.of(chosen), group[chosen], scores[chosen]
        _, number, sizes = np.unique(rows.number, return_inverse=True, return_counts=True)
        # Rows of one list are of one user, as a rule; where not, the list is one group's all the same.
        group_of_list = np.full(sizes.size, GROUPS)
        np.minimum.at(group_of_list, number, group)
        weight = np.bincount(number, rows.weight)
        weights = np.repeat((weight / sizes)[:, None], made.squares.size, axis=1)
        weights[:, 0] = weight
        for model, score in enumerate(scores.T):
            np.add.at(made.sums[model], group_of_list, weights * list_metrics(rows, score, places))
        np.add.at(made.weights, group_of_list, weights)
        made.squares += np.sum(weights**2, axis=0)
        good = rows.weight[rows.label]
        made.positives = np.array([good.sum(), np.sum(good**2)])
        return made

    def merge(self, other: ListSums) -> None:
        """Adds the sums over other lists."""
        self.sums = self.sums + other.sums
        self.weights = self.weights + other.weights
        self.squares = self.squares + other.squares
        self.positives = self.positives + other.positives
        self.lists += other.lists
        self.counted += other.counted
        self.everywhere += other.everywhere
        self.outside += other.outside

    def means(self) -> np.ndarray:
        """Each model's metrics, on all lists (first) and without each of the groups: [models, 1 + GROUPS, metrics]."""
        sums, weights = self.sums.sum(axis=1, keepdims=True), self.weights.sum(axis=0)
        kept = np.concatenate([sums, sums - self.sums], axis=1)
        left = np.concatenate([weights[None], weights - self.weights])
        # What rounding leaves of nothing is nothing.
        left = np.where(left > 1e-9 * weights, left, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(left > 0, np.clip(kept / left, 0, 1), np.nan)
