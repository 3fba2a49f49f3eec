"""Counts of some ids over batches of raw rows: how often each occurs, with which labels and values."""

from __future__ import annotations

from collections import Counter

import numpy as np

from widedeep.components.explain.sources import Occurrences

# Different values counted behind one id: what comes after so many others is not told from them, which bounds memory.
_MOST_VALUES = 10_000


class IdCounts:
    """Counts of some ids of one column.

    Attributes:
        support: int64 [k], rows in which each id occurs.
        labels: float64 [k], the sum of those rows' labels; with classes, how many of the rows are of the id's class.
        values: for each id, how often each combination of values was the one behind it.
        uses: int64 [k], how often any was.
    """

    def __init__(self, size: int, classes: np.ndarray | None) -> None:
        """Counts nothing yet.

        Args:
            size: how many ids.
            classes: int64 [k], each id's; None where the label has none.
        """
        self._classes = classes
        self.support = np.zeros(size, np.int64)
        self.labels = np.zeros(size)
        self.values: list[Counter[tuple[bytes, ...]]] = [Counter() for _ in range(size)]
        self.uses = np.zeros(size, np.int64)

    def add(self, occurrences: Occurrences, label: np.ndarray) -> None:
        """Adds a batch.

        Args:
            occurrences: the ids' uses in it.
            label: float64 [rows].
        """
        ids = len(self.support)
        # A row in which two values share a bucket has the id once.
        rows, which = np.divmod(np.unique(occurrences.rows * ids + occurrences.which), ids)
        self.support += np.bincount(which, minlength=ids)
        labels = label[rows] if self._classes is None else label[rows] == self._classes[which]
        self.labels += np.bincount(which, labels, minlength=ids)
        self.uses += np.bincount(occurrences.which, minlength=ids)
        if occurrences.names:
            self._add_values(occurrences)

    def _add_values(self, occurrences: Occurrences) -> None:
        combinations, counts = np.unique(
            np.column_stack([occurrences.which, occurrences.codes]), axis=0, return_counts=True
        )
        for (number, *codes), count in zip(combinations.tolist(), counts.tolist(), strict=True):
            values = tuple(names[code] for names, code in zip(occurrences.names, codes, strict=True))
            counter = self.values[number]
            if values in counter or len(counter) < _MOST_VALUES:
                counter[values] += count
