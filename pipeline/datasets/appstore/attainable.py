"""How good a model can be at most: one that knows each impression's true chance."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

# The AUC is right to half of this beyond what equal chances would make of it.
_BINS = 1 << 14


@dataclass
class Attainable:
    """Tallies of the true chances, of any number of rows.

    Attributes:
        rows: how many.
        installs: how many of them were taken.
        loss: the sum of the log losses of the true chances.
        by_chance: int64 [2, bins], rows without and with an install by their chance.
    """

    rows: int = 0
    installs: int = 0
    loss: float = 0.0
    by_chance: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros((2, _BINS), np.int64))

    def add(self, chance: npt.NDArray[np.float64], taken: npt.NDArray[np.bool_]) -> None:
        """Counts rows, of any shape."""
        self.rows += taken.size
        self.installs += int(taken.sum())
        self.loss += float(-np.log(np.where(taken, chance, 1 - chance)).sum())
        bins = np.minimum((chance * _BINS).astype(np.int64), _BINS - 1)
        self.by_chance[0] += np.bincount(bins[~taken], minlength=_BINS)
        self.by_chance[1] += np.bincount(bins[taken], minlength=_BINS)

    def merge(self, other: Attainable) -> None:
        """Counts what another one has."""
        self.rows += other.rows
        self.installs += other.installs
        self.loss += other.loss
        self.by_chance += other.by_chance

    @property
    def rate(self) -> float:
        """Installs per impression."""
        return self.installs / self.rows

    @property
    def auc(self) -> float:
        """The chance that a row with an install has the higher chance than one without; equal bins count a half."""
        without, with_install = self.by_chance
        below = np.cumsum(without) - without
        return float((with_install * (below + without / 2)).sum() / (without.sum() * with_install.sum()))

    @property
    def logloss(self) -> float:
        """The mean log loss."""
        return self.loss / self.rows
