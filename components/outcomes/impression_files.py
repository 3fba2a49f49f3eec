"""Files of impressions: what a request log has of the candidates that were seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from widedeep.components.common.errors import DataError, reason
from widedeep.components.outcomes.matching import LogColumns


@dataclass(frozen=True)
class Seen:
    """Which candidates of a request were seen, and where.

    Attributes:
        first: so many of the best; None: all.
        position: the column that gets each one's rank, from 1, in place of what the request said; None: none does.
    """

    first: int | None = None
    position: str | None = None


ALL_SEEN = Seen()


def impression_batches(path: Path, columns: LogColumns, seen: Seen) -> Iterator[pa.Table]:
    """The impressions of a file, some at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            table = pa.Table.from_batches([batch])
            if seen.first is not None:
                table = table.filter(pc.less_equal(table[columns.rank], seen.first))
            yield table if seen.position is None else _placed(table, table[columns.rank], seen.position)


def _placed(table: pa.Table, rank: pa.ChunkedArray, position: str) -> pa.Table:
    if position not in table.column_names:
        return table.append_column(position, rank)
    place = table.column_names.index(position)
    return table.set_column(place, position, rank.cast(table.schema.field(position).type))


def check_columns(paths: Sequence[Path], columns: LogColumns, label: str) -> None:
    """Checks that files can be joined.

    Raises:
        DataError: one can't be read, lacks a column, or has the label already.
    """
    for path in paths:
        try:
            names = pq.read_schema(path).names
        except (pa.ArrowInvalid, OSError) as error:
            raise DataError(f"{path}: can't be read as Parquet: {reason(error)}.") from None
        for name in (columns.time, columns.request, columns.rank, columns.candidate):
            if name not in names:
                raise DataError(f"{path}: has no column '{name}', but {', '.join(names)}. Is it a request log?")
        if label in names:
            raise DataError(f"{path}: has a column '{label}' already, which the label was to be: choose another.")
