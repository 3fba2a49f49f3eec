"""A column of the sample as numbers and codes, which is what is measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Codes:
    """Which values rows have, each value by a number; a row of a set has any number of them.

    Attributes:
        rows: of each value its row, rising.
        codes: of each value its number, from 0.
        size: how many different values there are.
        length: how many rows there are.
    """

    rows: Integers
    codes: Integers
    size: int
    length: int

    @property
    def single(self) -> bool:
        """Whether each row has one value."""
        return len(self.rows) == self.length and bool((self.rows == np.arange(self.length)).all())

    def take(self, kept: npt.NDArray[np.bool_]) -> Codes:
        """Of some rows, numbered anew."""
        places = np.cumsum(kept) - 1
        of_kept = kept[self.rows]
        return Codes(places[self.rows[of_kept]], self.codes[of_kept], self.size, int(kept.sum()))


def first_values(column: pa.Array) -> pa.Array:
    """Of each list its first member: of columns whose lists have one at most."""
    if not pa.types.is_list(column.type):
        return column
    offsets = column.offsets
    has = pc.greater(pc.fill_null(column.value_lengths(), 0), 0)
    return column.values.take(pc.if_else(has, offsets[:-1], pa.scalar(None, pa.int32())))


def numbers_of(column: pa.Array, no_values: tuple[str, ...] = ()) -> Floats:
    """Numbers as text to numbers; what is missing is NaN."""
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    text = pc.utf8_trim_whitespace(column)
    if no_values:
        unwanted = pc.is_in(text, pa.array([value.strip() for value in no_values]))
        text = pc.replace_with_mask(text, pc.fill_null(unwanted, False), pa.scalar(None, pa.string()))
    text = pc.replace_with_mask(text, pc.fill_null(pc.equal(text, ""), False), pa.scalar(None, pa.string()))
    return np.asarray(text.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def category_codes(column: pa.Array) -> Codes:
    """Each text a code of its own; a missing one has the last."""
    codes, values = pd.factorize(column.to_pandas())
    missing = codes < 0
    size = len(values) + bool(missing.any())
    return Codes(np.arange(len(codes)), np.where(missing, len(values), codes).astype(np.int64), size, len(codes))


def set_codes(column: pa.Array, separator: str | None) -> Codes:
    """Each member a code; of a text, what stands between the separators."""
    if separator is not None:
        column = pc.split_pattern(column, separator)
    lists = column.to_pandas().map(lambda members: () if members is None else members)
    lengths = lists.map(len).to_numpy(np.int64)
    flat = pd.Series([member for members in lists for member in members], dtype=object)
    codes, values = pd.factorize(flat)
    rows = np.repeat(np.arange(len(lists)), lengths)
    kept = codes >= 0
    return Codes(rows[kept], codes[kept].astype(np.int64), max(1, len(values)), len(lists))


def bin_codes(values: Floats, bins: int) -> Codes:
    """The quantile that each number lies in; a missing one has the last code."""
    present = values[~np.isnan(values)]
    edges = np.unique(np.quantile(present, np.linspace(0, 1, bins + 1)[1:-1])) if len(present) else np.zeros(0)
    codes = np.searchsorted(edges, np.nan_to_num(values), side="right").astype(np.int64)
    codes[np.isnan(values)] = len(edges) + 1
    return Codes(np.arange(len(values)), codes, len(edges) + 2, len(values))
