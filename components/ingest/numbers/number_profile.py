"""What the numbers of a raw file look like in 64 bits, before examples hold them in 32."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from widedeep.components.common.records import Record
from widedeep.components.features.spec import FeatureSpec

# Kept of a column of a file: enough to see what share of pairs is lost.
_MOST = 1024
# From here on not even 64 bits keep whole numbers apart.
WHOLE = 2.0**53

# A value, and the number of its row, from 1.
Place = Annotated[tuple[float, int], Field(strict=False)]


class Numbers(Record):
    """The numbers of a column of a file."""

    count: int = Field(description="of values")
    stride: int = Field(description="of so many values each the sample has the first")
    sample: list[float] = Field(description="values, in the rows' order")
    low: Place = Field(description="the smallest value and its row")
    high: Place = Field(description="the largest value and its row")
    beyond: Place | None = Field(description="the first value of 2^53 or more in size and its row")


class FileNumbers(Record):
    """The numeric columns of a file."""

    path: str = Field(description="of the file")
    split: str | None = Field(description="that the file is of; null where rows are split by hash")
    columns: dict[str, Numbers] = Field(description="by key, those that have values")


class NumberProfile:
    """Collects the numbers of a file as it is read, in bounded memory."""

    def __init__(self, spec: FeatureSpec) -> None:
        """Of the numeric features, the weight, and the label of a regression."""
        self.keys = {feature.key for feature in spec.features if feature.kind == "numeric"}
        self.keys |= {spec.weight} if spec.weight else set()
        self.keys |= {spec.label.key} if spec.label.kind == "regression" else set()
        self._columns: dict[str, Numbers] = {}

    def add(self, key: str, first_row: int, column: pa.ListArray) -> None:
        """Adds a batch of a column.

        Args:
            key: of the column.
            first_row: number of the batch's first row, from 1.
            column: float64, a value a row at most.
        """
        if key not in self.keys or not len(column.flatten()):
            return
        values = column.flatten().to_numpy(zero_copy_only=False)
        rows = first_row + pc.indices_nonzero(pc.is_valid(column)).to_numpy()
        large = np.flatnonzero(np.abs(values) >= WHOLE)
        lowest, highest = int(values.argmin()), int(values.argmax())
        new = Numbers(
            count=len(values),
            stride=1,
            sample=values.tolist(),
            low=(float(values[lowest]), int(rows[lowest])),
            high=(float(values[highest]), int(rows[highest])),
            beyond=(float(values[large[0]]), int(rows[large[0]])) if len(large) else None,
        )
        self._columns[key] = _joined(self._columns[key], new) if key in self._columns else _thinned(new)

    def record(self, path: str, split: str | None) -> FileNumbers:
        """What was collected."""
        return FileNumbers(path=path, split=split, columns=self._columns)


def _joined(before: Numbers, new: Numbers) -> Numbers:
    # The next value of the sample is the one whose number is a multiple of the stride.
    start = -before.count % before.stride
    return _thinned(
        Numbers(
            count=before.count + new.count,
            stride=before.stride,
            sample=before.sample + new.sample[start :: before.stride],
            low=min(before.low, new.low, key=lambda place: place[0]),
            high=max(before.high, new.high, key=lambda place: place[0]),
            beyond=before.beyond or new.beyond,
        )
    )


def _thinned(numbers: Numbers) -> Numbers:
    sample, stride = numbers.sample, numbers.stride
    while len(sample) > _MOST:
        sample, stride = sample[::2], stride * 2
    return numbers.model_copy(update={"sample": sample, "stride": stride})
