"""Rows that can't be scored: what is wrong with each, and all of them found in one go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from widedeep.components.common.errors import DataError, shown
from widedeep.components.ingest.scalars import BadValueError
from widedeep.components.ingest.wanted_columns import BrokenRow

Conversion = Callable[[pa.Array], pa.Array]


@dataclass(frozen=True)
class RowFault:
    """What is wrong with a row.

    Attributes:
        path: its file.
        row: its number in the file, from 1.
        column: the raw column; None where the row can't be told apart into columns.
        reason: a sentence without its full stop: "'old' is not a number".
        line: then all of it.
    """

    path: str
    row: int
    column: str | None
    reason: str
    line: str | None = None

    @classmethod
    def of_row(cls, path: str, broken: BrokenRow) -> RowFault:
        """Of a row without columns."""
        return cls(path, broken.row, None, broken.reason.removesuffix("."), broken.text)

    @classmethod
    def of(cls, path: str, before: int, column: str, error: BadValueError, hint: str = "") -> RowFault:
        """Of a value; `before` are the rows of the file before those that the error counts from."""
        value = "the value" if error.value is None else shown(error.value)
        return cls(path, before + error.index + 1, column, f"{value} {error.fault}{hint}")

    @property
    def text(self) -> str:
        """Where and what, in a sentence."""
        where = f", column '{self.column}'" if self.column is not None else ""
        return f"{self.path}, row {self.row}{where}: {self.reason}."

    def error(self) -> DataError:
        """As it ends the work, with what else can be done."""
        return DataError(f"{self.text} To leave such rows out, and have them written aside: --skip-bad bad.jsonl")


def converted(column: pa.Array, convert: Conversion) -> tuple[pa.Array, list[BadValueError]]:
    """What a conversion makes of a column, with null where it fails, and each failure once.

    A conversion tells one bad value at a time, and not always the first: the column is halved until each is alone.

    Args:
        column: the values.
        convert: from a column to another of as many rows; raises BadValueError.
    """
    try:
        return convert(column), []
    except BadValueError as error:
        if len(column) == 1:
            return pa.nulls(1, convert(column.slice(0, 0)).type), [error]
    middle = len(column) // 2
    first, faults = converted(column.slice(0, middle), convert)
    second, more = converted(column.slice(middle), convert)
    moved = [BadValueError(error.index + middle, error.value, error.fault) for error in more]
    return pa.concat_arrays([first, second]), [*faults, *moved]
