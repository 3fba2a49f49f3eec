"""Which candidates are drawn for each positive row."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from widedeep.components.ingest.negatives.hashing import Integers, Unsigned, fractions
from widedeep.components.ingest.negatives.pool import Pool

# Trials of a row, before all that is left for it is looked at.
_TRIALS = 16


class Positives(NamedTuple):
    """Rows that negatives are drawn for.

    Attributes:
        seeds: that tell what is drawn, [n].
        users: hashes of who the rows are of, [n]; -1 of nobody.
        items: hashes of their own candidates, [n].
    """

    seeds: Unsigned
    users: Integers
    items: Integers


class Draws:
    """Draws from one pool."""

    def __init__(self, pool: Pool, popularity: float) -> None:
        """Sets the chances.

        Args:
            pool: of candidates.
            popularity: a candidate's chance is in proportion to its rows to this power.
        """
        self._pool = pool
        self._items, self._starts = np.unique(pool.items, return_index=True)
        self._ends = np.append(self._starts[1:], len(pool.items))
        self._rows = np.concatenate([[0], np.cumsum(pool.rows)])
        self._weights = (self._rows[self._ends] - self._rows[self._starts]).astype(np.float64) ** popularity
        self._chances = np.cumsum(self._weights)

    def of(self, positives: Positives, count: int) -> Integers:
        """Forms of candidates, [n, count], as places in the pool; -1 where no other candidate is left.

        None has a row's own candidate, one that its user has had, or the same twice: those that are left keep their
        chances.
        """
        drawn = np.full((len(positives.seeds), count), -1, np.int64)
        for number in range(count):
            open_rows = np.arange(len(drawn))
            for trial in range(_TRIALS):
                if not len(open_rows):
                    break
                tried = self._tried(fractions(positives.seeds[open_rows], number * (_TRIALS + 2) + trial))
                good = self._free(positives, drawn, open_rows, tried)
                drawn[open_rows[good], number] = tried[good]
                open_rows = open_rows[~good]
            last = fractions(positives.seeds, number * (_TRIALS + 2) + _TRIALS)
            for row in open_rows.tolist():
                drawn[row, number] = self._left(positives, drawn, row, last[row])
        return self._forms(drawn, positives.seeds)

    def _tried(self, uniform: npt.NDArray[np.float64]) -> Integers:
        places: Integers = np.searchsorted(self._chances, uniform * self._chances[-1], side="right").astype(np.int64)
        return places.clip(max=len(self._items) - 1)

    def _free(self, positives: Positives, drawn: Integers, rows: Integers, tried: Integers) -> np.ndarray:
        items = self._items[tried]
        had = self._pool.has(positives.users[rows], items) | (positives.items[rows] == items)
        free: np.ndarray = ~(had | (drawn[rows] == tried[:, None]).any(axis=1))
        return free

    def _left(self, positives: Positives, drawn: Integers, row: int, uniform: float) -> int:
        everything = np.arange(len(self._items))
        left = np.flatnonzero(self._free(positives, drawn, np.full_like(everything, row), everything))
        if not len(left):
            return -1
        chances = np.cumsum(self._weights[left])
        return int(left[min(np.searchsorted(chances, uniform * chances[-1], side="right"), len(left) - 1)])

    def _forms(self, drawn: Integers, seeds: Unsigned) -> Integers:
        """Of each candidate one of its forms, as often as rows hold it."""
        forms = np.full_like(drawn, -1)
        for number in range(drawn.shape[1]):
            there = drawn[:, number] >= 0
            items = drawn[there, number]
            first, end = self._rows[self._starts[items]], self._rows[self._ends[items]]
            row = first + fractions(seeds[there], number * (_TRIALS + 2) + _TRIALS + 1) * (end - first)
            forms[there, number] = np.searchsorted(self._rows, np.floor(row), side="right") - 1
        return forms
