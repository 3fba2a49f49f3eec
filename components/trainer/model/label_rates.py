"""The label in the split train, summed up as its examples are read: what who knows nothing of a row predicts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy
from pydantic import Field

from widedeep.components.common.errors import DataError
from widedeep.components.common.records import Number, Record
from widedeep.components.features.spec import Label


class LabelRates(Record):
    """The label in the split train: what who knows nothing of a row would predict."""

    rows: int = Field(description="of the split")
    weighted: int = Field(description="rows of them with a weight above 0")
    rates: list[float] = Field(
        description="weighted: [the rate of label 1], [the mean label] of a regression, or each class's rate; empty "
        "where no row has a weight"
    )
    loss: Number = Field(
        description="mean loss of who predicts the rates: the entropy in nats, or the variance; null without rates"
    )
    least: Number = Field(description="the smallest label of a row with weight; null where there is none")
    most: Number = Field(description="the largest")


class LabelSums:
    """Sums of a split's labels and weights."""

    def __init__(self, label: Label) -> None:
        self._label = label
        self._rows = self._weighted = 0
        # By class; of a regression, the only one is the sum of weight * label.
        self._sums = np.zeros(label.classes or 2) if label.kind != "regression" else np.zeros(1)
        self._weight = self._squares = 0.0
        self._least, self._most = np.inf, -np.inf

    def add(self, label: np.ndarray, weight: np.ndarray) -> None:
        """Adds examples: label [n], weight float32 [n]."""
        counted, exact = label[weight > 0].astype(np.float64), weight.astype(np.float64)
        self._rows += label.size
        self._weighted += counted.size
        self._weight += float(exact.sum())
        self._sums += (
            exact @ label.astype(np.float64)
            if self._label.kind == "regression"
            else np.bincount(label, exact, self._sums.size)
        )
        self._squares += float(exact @ label.astype(np.float64) ** 2)
        self._least = min(self._least, counted.min(initial=np.inf))
        self._most = max(self._most, counted.max(initial=-np.inf))

    def values(self) -> np.ndarray:
        """float64 [n]: what was added, for `merge`."""
        return np.array(
            [self._rows, self._weighted, self._weight, self._squares, self._least, self._most, *self._sums], np.float64
        )

    def merge(self, values: Sequence[np.ndarray]) -> None:
        """Becomes the sums of several parts of a split, from their `values`."""
        sums = np.sum(values, axis=0)
        self._rows, self._weighted = int(sums[0]), int(sums[1])
        self._weight, self._squares, self._sums = float(sums[2]), float(sums[3]), sums[6:]
        self._least, self._most = min(part[4] for part in values), max(part[5] for part in values)

    def rates(self) -> LabelRates:
        """What was added."""
        rates = self._sums / self._weight if self._weight > 0 else np.zeros(0)
        return LabelRates(
            rows=self._rows,
            weighted=self._weighted,
            rates=rates[1:].tolist() if self._label.kind == "binary" else rates.tolist(),
            loss=self._loss(rates) if rates.size else None,
            least=float(self._least),
            most=float(self._most),
        )

    def _loss(self, rates: np.ndarray) -> float:
        if self._label.kind == "regression":
            return max(self._squares / self._weight - float(rates[0]) ** 2, 0.0)
        return float(scipy.special.entr(rates).sum())


def check_label(label: LabelRates, fresh: bool) -> None:
    """Whether there is anything to learn.

    Args:
        label: in the examples to learn from.
        fresh: whether the model knows nothing yet; one that does may meet a day on which nothing was taken.

    Raises:
        DataError: no example has a weight, or all that have one have the same label.
    """
    if not label.weighted:
        raise DataError(
            f"all {label.rows:,} examples of the split 'train' have weight 0: there is nothing to learn from. "
            "Look at the column of weights."
        )
    if fresh and label.least == label.most:
        which = "" if label.weighted == label.rows else " with a weight above 0"
        raise DataError(
            f"all {label.weighted:,} examples of the split 'train'{which} have the label {label.least:g}: there is "
            "nothing to learn. Look at the label's column, and at how the rows were split."
        )
