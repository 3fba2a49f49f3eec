"""Which split a row belongs to, by its time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from widedeep.components.ingest import scalars
from widedeep.components.ingest.arrow_columns import single_values
from widedeep.components.ingest.scalars import BadValueError
from widedeep.components.ingest.times.moments import moments
from widedeep.components.ingest.times.time_values import is_number

COLUMN = "column"


@dataclass(frozen=True)
class TimeCuts:
    """Splits that follow each other: each begins at its start, and ends where the next begins.

    Attributes:
        column: that holds the times.
        starts: as the column writes times, by split, rising.
    """

    column: str
    starts: Mapping[str, str]

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> TimeCuts:
        """Reads `data.split_by_time`.

        Raises:
            ValueError: it can't be.
        """
        starts = {split: start for split, start in settings.items() if split != COLUMN}
        if COLUMN not in settings or not starts:
            raise ValueError(
                "split_by_time names the column and each split's start: "
                "{column: time, train: 2024-01-01, eval: 2024-02-01, test: 2024-02-08}"
            )
        values = _values(starts)
        order = sorted(starts, key=lambda split: values[split])
        for first, second in itertools.pairwise(order):
            if values[first] == values[second]:
                raise ValueError(f"split_by_time: {first} and {second} both start at {starts[first]}")
        return cls(settings[COLUMN], {split: starts[split] for split in order})

    def splits(self, column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """The number of each row's split, in the order of `starts`, -1 before the first; and the times as numbers.

        Args:
            column: the times.

        Raises:
            BadValueError: one is missing, or is not written as the starts are.
            DataError: its type can't hold times of this kind.
        """
        values = _complete(_of_kind(self.starts)(single_values(column)))
        starts = sorted(_values(self.starts).values())
        return np.searchsorted(np.array(starts), values, side="right") - 1, values


def _of_kind(starts: Mapping[str, str]) -> Callable[[pa.Array], pa.Array]:
    return scalars.number if all(map(is_number, starts.values())) else moments


def _complete(values: pa.Array) -> np.ndarray:
    missing = scalars.first(pc.is_null(values))
    if missing is not None:
        raise BadValueError(missing, None, "is missing: a row's split is told by its time")
    array: np.ndarray = values.to_numpy(zero_copy_only=False)
    return array


def _values(starts: Mapping[str, str]) -> dict[str, float]:
    values: dict[str, float] = {}
    for split, start in starts.items():
        try:
            [values[split]] = _complete(_of_kind(starts)(pa.array([start]))).tolist()
        except BadValueError:
            raise ValueError(
                f"split_by_time: {split} is {start!r}, and a start is a number, or a date or time as 2024-02-01 or "
                "2024-02-01 10:30:00, and all are of one kind: write them as the column does"
            ) from None
    return values
