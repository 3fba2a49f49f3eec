"""Which of several splits each row of a file goes to."""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from widedeep.components.ingest import scalars
from widedeep.components.ingest.arrow_columns import single_values
from widedeep.components.ingest.splitting.time_cuts import TimeCuts

Time = tuple[float, str]


def bucket_of(content: bytes, buckets: Sequence[int]) -> int:
    """Which split a content belongs to by its hash, by the same law as TFX's own ExampleGens.

    Args:
        content: of a row, as `encode` gives it, or of a value.
        buckets: the splits' upper hash buckets, rising; (8, 9, 10) cuts 80/10/10.
    """
    if len(buckets) == 1:
        return 0
    return bisect.bisect(buckets, int(hashlib.sha256(content).hexdigest(), 16) % buckets[-1])


@dataclass
class Seen:
    """What a rule has seen of a file, beyond its rows.

    Attributes:
        left_out: rows that belong to no split.
        keyless: rows without the value that tells their split.
        first: the earliest time, as a number and as it is written.
        last: the latest.
    """

    left_out: int = 0
    keyless: int = 0
    first: Time | None = None
    last: Time | None = None


class Batch(NamedTuple):
    """Rows that are to be spread.

    Attributes:
        examples: the rows, as `encode` gives them.
        beside: the raw columns that were asked for, by name.
        seen: is told what there is to tell.
    """

    examples: Sequence[bytes]
    beside: Mapping[str, pa.Array]
    seen: Seen


class Rule(Protocol):
    """Spreads rows over splits."""

    @property
    def column(self) -> str | None:
        """The raw column that tells a row's split; None where its content does."""

    def splits(self, batch: Batch) -> list[int]:
        """The number of each row's split; -1 for none. Raises BadValueError of a value that does not tell it."""


@dataclass(frozen=True)
class ByContent:
    """By the hash of all that a row holds: equal rows come into one split."""

    buckets: Sequence[int]
    column: str | None = None

    def splits(self, batch: Batch) -> list[int]:
        """See Rule."""
        return [bucket_of(example, self.buckets) for example in batch.examples]


@dataclass(frozen=True)
class ByValue:
    """By the hash of one value; rows without it by their content."""

    buckets: Sequence[int]
    column: str

    def splits(self, batch: Batch) -> list[int]:
        """See Rule."""
        values = scalars.text(single_values(batch.beside[self.column]))
        batch.seen.keyless += values.null_count
        encoded = values.dictionary_encode()
        of_value = [bucket_of(value.encode(), self.buckets) for value in encoded.dictionary.to_pylist()]
        return [
            bucket_of(example, self.buckets) if index is None else of_value[index]
            for example, index in zip(batch.examples, encoded.indices.to_pylist(), strict=True)
        ]


@dataclass(frozen=True)
class ByTime:
    """By a time; rows before the first split's start belong to none."""

    cuts: TimeCuts

    @property
    def column(self) -> str:
        """See Rule."""
        return self.cuts.column

    def splits(self, batch: Batch) -> list[int]:
        """See Rule."""
        column, seen = batch.beside[self.column], batch.seen
        splits, values = self.cuts.splits(column)
        seen.left_out += int((splits < 0).sum())
        first, last = _time(column, values, int(values.argmin())), _time(column, values, int(values.argmax()))
        seen.first, seen.last = min(seen.first or first, first), max(seen.last or last, last)
        return [int(split) for split in splits]


def _time(column: pa.Array, values: np.ndarray, row: int) -> Time:
    value = single_values(column)[row].as_py()
    return float(values[row]), value.decode() if isinstance(value, bytes) else str(value)
