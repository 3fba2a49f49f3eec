"""Metrics of each list of rows, in which the model puts those it scores highest first.

Of a list with n rows, P of them with label 1:

- gauc: the chance that a row of label 1 lies above one of label 0, an AUC (the mean over users, weighted by their rows,
  is the GAUC of Zhou et al. 2018, arXiv 1706.06978);
- ndcg@k: sum of 1 / log2(1 + place) over the rows of label 1 in the first k places, as a share of the largest such sum
  (Jaervelin and Kekaelaeinen 2002);
- recall@k: share of the P that lie in the first k places;
- mrr: 1 / place of the first row of label 1;
- hit@k: whether any row of label 1 lies in the first k places.

Rows of equal score have no order. Each of these is its expected value over all their orders (McSherry and Najork 2008),
so that a model that scores all rows alike is worth what chance is, and the rows' order in a file makes no difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy


@dataclass(frozen=True)
class ListRows:
    """Rows of some lists, in any order.

    Attributes:
        number: int64 [n], the same for the rows of one list.
        label: bool [n].
        weight: float64 [n]. A row of weight 0 is in no list.
    """

    number: np.ndarray
    label: np.ndarray
    weight: np.ndarray

    def of(self, chosen: np.ndarray) -> ListRows:
        """The rows of a mask."""
        return ListRows(self.number[chosen], self.label[chosen], self.weight[chosen])


def list_metrics(rows: ListRows, score: np.ndarray, places: Sequence[int]) -> np.ndarray:
    """Each list's metrics, the lists by rising number.

    Args:
        rows: all of a weight above 0; each list has rows of both labels.
        score: float [n].
        places: each k.

    Returns:
        float64 [lists, metrics], a column for each of `list_metric_names`.
    """
    ranked = _Ranked.of(rows, score)
    columns = [ranked.area(), ranked.reciprocal_rank()]
    for k in places:
        columns += [ranked.gain(k), ranked.recall(k), ranked.hit(k)]
    # Summing up leaves some beyond 1.
    return np.asarray(np.clip(np.stack(columns, axis=1), 0, 1))


@dataclass(frozen=True)
class _Ranked:
    """Rows by list, and in it by falling score; rows of equal score are a tie.

    Attributes:
        rows: in that order.
        lists: int64 [lists], where each begins.
        ties: int64 [ties], where each begins.
    """

    rows: ListRows
    lists: np.ndarray
    ties: np.ndarray

    @classmethod
    def of(cls, rows: ListRows, score: np.ndarray) -> _Ranked:
        order = np.lexsort((-score, rows.number))
        rows, score = rows.of(order), score[order]
        is_list = np.ones(order.size, bool)
        is_list[1:] = rows.number[1:] != rows.number[:-1]
        is_tie = is_list.copy()
        is_tie[1:] |= score[1:] != score[:-1]
        return cls(rows, np.flatnonzero(is_list), np.flatnonzero(is_tie))

    @cached_property
    def sizes(self) -> np.ndarray:
        """Rows of each tie."""
        return np.diff(self.ties, append=self.rows.number.size)

    @cached_property
    def right(self) -> np.ndarray:
        """Rows of label 1 in each tie."""
        return np.add.reduceat(self.rows.label.astype(np.int64), self.ties)

    @cached_property
    def list_of_tie(self) -> np.ndarray:
        """The place of each tie's list among the lists."""
        return np.asarray(np.searchsorted(self.lists, self.ties, side="right") - 1)

    @cached_property
    def before(self) -> np.ndarray:
        """Rows of its list that lie above each tie."""
        return np.asarray(self.ties - self.lists[self.list_of_tie])

    @cached_property
    def place(self) -> np.ndarray:
        """Of each row, from 1."""
        sizes = np.diff(self.lists, append=self.rows.number.size)
        return np.asarray(np.arange(self.rows.number.size) - np.repeat(self.lists, sizes) + 1)

    @cached_property
    def chance(self) -> np.ndarray:
        """Of each place, that a row of label 1 lies there."""
        return np.asarray(np.repeat(self.right / self.sizes, self.sizes))

    @cached_property
    def positives(self) -> np.ndarray:
        """Rows of label 1 in each list."""
        return np.asarray(np.add.reduceat(self.rows.label.astype(np.int64), self.lists))

    @cached_property
    def first_ties(self) -> np.ndarray:
        """The place of each list's first tie among the ties."""
        return np.flatnonzero(np.diff(self.list_of_tie, prepend=-1))

    def area(self) -> np.ndarray:
        good = np.add.reduceat(self.rows.weight * self.rows.label, self.ties)
        bad = np.add.reduceat(self.rows.weight * ~self.rows.label, self.ties)
        goods, bads = (np.add.reduceat(weight, self.first_ties) for weight in (good, bad))
        # Of the lists up to and with a tie's own all rows of label 0, less those passed on the way to it.
        below = np.cumsum(bads)[self.list_of_tie] - np.cumsum(bad) + bad / 2
        return np.asarray(np.add.reduceat(good * np.maximum(below, 0), self.first_ties) / (goods * bads))

    def gain(self, k: int) -> np.ndarray:
        best = np.cumsum(1 / np.log2(2 + np.arange(min(k, self.positives.max()))))
        gains = self._of_first(k, 1 / np.log2(1 + self.place))
        return np.asarray(gains / best[np.minimum(self.positives, best.size) - 1])

    def recall(self, k: int) -> np.ndarray:
        return np.asarray(self._of_first(k, np.ones(self.place.size)) / self.positives)

    def _of_first(self, k: int, worth: np.ndarray) -> np.ndarray:
        """What a row of label 1 is worth at each place, summed over the first k."""
        return np.asarray(np.add.reduceat(np.where(self.place <= k, worth * self.chance, 0), self.lists))

    def hit(self, k: int) -> np.ndarray:
        """Unless the first k places miss: of a tie, C(t - p, m) / C(t, m) of the choices of the m that lie there."""
        chosen = np.clip(k - self.before, 0, self.sizes)
        missed = _log_choices(self.sizes - self.right, chosen) - _log_choices(self.sizes, chosen)
        return np.asarray(1 - np.exp(np.add.reduceat(missed, self.first_ties)))

    def reciprocal_rank(self) -> np.ndarray:
        """Of the tie with the first rows of label 1: the first of p is the j-th of t in C(t - j, p - 1) choices."""
        filled = np.flatnonzero(self.right)
        tie = filled[np.unique(self.list_of_tie[filled], return_index=True)[1]]
        sizes = self.sizes[tie]
        start = np.cumsum(sizes) - sizes
        size, right, before = (np.repeat(of_tie[tie], sizes) for of_tie in (self.sizes, self.right, self.before))
        j = np.arange(size.size) - np.repeat(start, sizes) + 1
        chance = np.exp(_log_choices(size - j, right - 1) - _log_choices(size, right))
        return np.asarray(np.add.reduceat(chance / (before + j), start))


def _log_choices(n: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Log of the number of choices of k from n; -inf where there is none."""
    possible = k <= n
    k = np.where(possible, k, 0)
    log_factorial = scipy.special.gammaln
    return np.where(possible, log_factorial(n + 1) - log_factorial(k + 1) - log_factorial(n - k + 1), -np.inf)
