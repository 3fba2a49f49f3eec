"""Where a model's scores lie: whether they are all the same, and how many are as good as 0 or 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Chances this near to 0 or 1 are as good as either.
SATURATED = 1e-6
# Scores that differ by less, as a share of the largest, are the same: batches of other sizes round otherwise.
_SAME = 1e-6


@dataclass
class ScoreRange:
    """Of the scores that were added, each output's lowest and highest, float64 [outputs].

    Attributes:
        chances: whether scores are chances; only they can be saturated.
        saturated: rows whose score (of classes, the likeliest one's) is as good as 0 or 1.
    """

    chances: bool
    lowest: np.ndarray | float = np.inf
    highest: np.ndarray | float = -np.inf
    saturated: int = 0

    def add(self, scores: np.ndarray) -> None:
        """Adds scores, float64 [n, outputs], n at least 1."""
        self.lowest = np.minimum(self.lowest, scores.min(axis=0))
        self.highest = np.maximum(self.highest, scores.max(axis=0))
        if self.chances:
            likeliest = scores.max(axis=1)
            at_end = likeliest > 1 - SATURATED
            # Of a single chance both ends are; of the likeliest of some none is 0.
            self.saturated += int(np.sum(at_end | (likeliest < SATURATED)))

    def merge(self, other: ScoreRange) -> None:
        """Adds what another one has looked at."""
        self.lowest = np.minimum(self.lowest, other.lowest)
        self.highest = np.maximum(self.highest, other.highest)
        self.saturated += other.saturated

    @property
    def constant(self) -> bool:
        """Whether all rows have the same score."""
        lowest, highest = np.asarray(self.lowest), np.asarray(self.highest)
        return bool(np.isfinite(highest).all() and np.all(highest - lowest <= _SAME * np.abs(highest).max()))
