"""The wide part's ids in a split: how many examples have each, and which are too rare to get a weight.

McMahan et al. 2013 ("Ad click prediction: a view from the trenches", section 3.1) give an id a weight once it has been
seen often enough, for a smaller table. Here the examples of a whole pass are counted, so that it depends on no order.
"""

from __future__ import annotations

import numpy as np

from widedeep.components.trainer.model.network import MOST_FULL_IDS


class WideIds:
    """Counts each row of the wide table, and leaves out the uses of those that are too rare.

    A row without a weight adds nothing to a logit: leaving its uses out is the same as never updating it. But of more
    than MOST_FULL_IDS ids each counts less, so that examples with as many keep them all.
    """

    def __init__(self, rows: int, min_count: int = 1, known: np.ndarray | None = None) -> None:
        """Counts nothing yet.

        Args:
            rows: of the wide table.
            min_count: rows that fewer examples use are left out; 255 at most.
            known: bool [rows], rows that have a weight from an earlier training, and stay; None: none.
        """
        self._count = np.zeros(rows, np.uint8)
        self.min_count, self._known = min_count, known
        self._blocks = 0

    @property
    def used(self) -> np.ndarray:
        """Bool [rows]: whether any example read so far has it."""
        return self._count > 0

    def kept(self, rows: np.ndarray, lengths: np.ndarray, block: int) -> tuple[np.ndarray, np.ndarray]:
        """The uses that stay, after those of the block have been counted, unless they were in an earlier pass.

        Args:
            rows: int32 [n], the row of each use, example by example.
            lengths: int64 [examples], how many each has.
            block: its number in the pass, from 0.

        Returns:
            Both as they are without the uses that are left out.
        """
        if block == self._blocks:
            self._blocks += 1
            self._add(rows)
        if self.min_count == 1:
            return rows, lengths
        keep = self._count[rows] >= self.min_count
        if self._known is not None:
            keep |= self._known[rows]
        example = np.repeat(np.arange(len(lengths)), lengths)
        keep |= (lengths > MOST_FULL_IDS)[example]
        return rows[keep], np.bincount(example[keep], minlength=len(lengths))

    def _add(self, rows: np.ndarray) -> None:
        if self.min_count == 1:
            self._count[rows] = 1
            return
        # A pair of history and candidate may stand twice in one example: few do.
        found = np.bincount(rows, minlength=len(self._count))
        self._count = np.minimum(self._count + found, np.iinfo(np.uint8).max).astype(np.uint8)
