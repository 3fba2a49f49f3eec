"""How far a column, or a pair, lowers the loss of rows that it was not learned from, beyond what is scored already.

Source of the step: one Newton step a cell, as Chen and Guestrin 2016 ("XGBoost"), equation 5, take for a leaf.
"""

from __future__ import annotations

import numpy as np

from widedeep.pipeline.drafting.gains.folds import Half
from widedeep.pipeline.drafting.reading.columns import Codes, Floats

# As the wide part's own L2, of gradients summed over rows.
_L2 = 10.0


class LossFalls:
    """Of scores that were learned on the other half of the rows each, to which columns may be added."""

    def __init__(self, label: Floats, half: Half, binary: bool, scores: Floats) -> None:
        """Takes labels, halves and the scores, as log odds of a label of 0 and 1."""
        self._label, self._half, self._binary, self._scores = label, half, binary, scores

    @property
    def loss(self) -> float:
        """The mean of all rows."""
        return float(self._losses(self._scores).mean())

    def _losses(self, scores: Floats) -> Floats:
        if self._binary:
            losses: Floats = np.logaddexp(0, scores) - self._label * scores
            return losses
        return 0.5 * (scores - self._label) ** 2

    def _steps(self, cells: Codes) -> Floats:
        """Of each row the sum of its combinations' steps, learned from the other half."""
        predicted = 1 / (1 + np.exp(-self._scores)) if self._binary else self._scores
        weight = predicted * (1 - predicted) if self._binary else np.ones(len(predicted))
        steps = np.zeros(cells.length)
        for learned in (self._half, ~self._half):
            of_learned = learned[cells.rows]
            at, rows = cells.codes[of_learned], cells.rows[of_learned]
            step = np.bincount(at, (self._label - predicted)[rows], cells.size) / (
                np.bincount(at, weight[rows], cells.size) + _L2
            )
            total = np.bincount(cells.rows, step[cells.codes], cells.length)
            steps[~learned] = total[~learned]
        return steps

    def gain(self, cells: Codes) -> tuple[float, float]:
        """Mean fall of the loss, and its standard error."""
        falls = self._losses(self._scores) - self._losses(self._scores + self._steps(cells))
        return float(falls.mean()), float(falls.std() / np.sqrt(len(falls)))

    def add(self, cells: Codes) -> None:
        """Takes a pair for good."""
        self._scores = self._scores + self._steps(cells)
