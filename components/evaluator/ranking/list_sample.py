"""Rows of lists: those of all lists, or beyond a number of rows those of the lists whose hash is lowest.

The lists are whole, and which ones they are depends on their names alone (bottom-k sampling: Cohen and Kaplan 2007,
"Summarizing data using bottom-k sketches"), so that the memory is bounded and the means are those of a random sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from widedeep.components.evaluator.ranking.list_sums import NO_LIST

# A list's number is a hash below this.
HASHES = 2**62
# Arrays that wait before they become one.
_WAITING = 500


@dataclass(frozen=True)
class SampledRows:
    """Rows: the number of each one's list, its group, label, weight, and scores [n, models]."""

    number: np.ndarray
    group: np.ndarray
    label: np.ndarray
    weight: np.ndarray
    scores: np.ndarray

    def of(self, chosen: np.ndarray) -> SampledRows:
        """Those of a mask, or at some places."""
        return SampledRows(*(column[chosen] for column in self._columns()))

    @classmethod
    def joined(cls, parts: Sequence[SampledRows]) -> SampledRows:
        """All rows of several."""
        columns = zip(*(part._columns() for part in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))

    def _columns(self) -> list[np.ndarray]:
        return [self.number, self.group, self.label, self.weight, self.scores]


@dataclass
class ListSample:
    """Rows that were added, up to about `most`.

    Attributes:
        most: rows; a list that is longer by itself is kept all the same.
        limit: the lists are those whose number is below this.
        outside: rows that are in no list; they are counted alone.
    """

    most: int
    limit: int = HASHES
    outside: int = 0
    _parts: list[SampledRows] = field(default_factory=list)
    _count: int = 0
    _cut_at: int = 0

    @property
    def share(self) -> float:
        """Of all lists, so many are these."""
        return self.limit / HASHES

    def add(self, rows: SampledRows) -> None:
        """Adds rows of any lists."""
        inside = rows.number != NO_LIST
        self.outside += int(np.sum(~inside))
        self._parts.append(rows.of(inside & (rows.number < self.limit)))
        self._count += self._parts[-1].number.size
        # At twice the size, so that cutting is rare.
        if self._count > max(2 * self.most, self._cut_at) or len(self._parts) > _WAITING:
            self.compact()

    def merge(self, other: ListSample) -> None:
        """Adds what another sample has."""
        self.limit = min(self.limit, other.limit)
        self.outside += other.outside
        self._parts += other._parts
        self._count += other._count

    def compact(self) -> None:
        """Leaves out what is not of the sample; what waits becomes one array."""
        if self._parts:
            self.rows()

    def rows(self) -> SampledRows:
        """The rows of the sample, together; something was added."""
        rows = SampledRows.joined(self._parts)
        rows = rows.of(rows.number < self.limit)
        if rows.number.size > self.most:
            self.limit = int(np.partition(rows.number, self.most)[self.most])
            if not (rows.number < self.limit).any():
                # The one list that is longer.
                self.limit += 1
            rows = rows.of(rows.number < self.limit)
        self._parts, self._count, self._cut_at = [rows], rows.number.size, 2 * rows.number.size
        return rows
