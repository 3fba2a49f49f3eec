"""Tables of scores as files: Parquet, CSV or JSON lines, written batch by batch."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from widedeep.components.common.errors import DataError


class TableWriter(Protocol):
    """Writes one file; a context, in which the file is open."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def write(self, batch: pa.RecordBatch) -> None:
        """Appends rows."""


class _Parquet:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(str(path), schema)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self._writer.close()

    def write(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch)


class _Text:
    """Rows as text; numbers as short as they can be told apart in their type: 0.1, and not 0.10000000149011612."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file, self._schema = path.open("w", encoding="utf-8", newline=""), schema

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self._file.close()


class _Csv(_Text):
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        for name, kind in zip(schema.names, schema.types, strict=True):
            if pa.types.is_nested(kind):
                raise DataError(
                    f"--keep {name}: holds {kind} in each row, and a field of CSV one value: write .jsonl or .parquet."
                )
        super().__init__(path, schema)
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(schema.names)

    def write(self, batch: pa.RecordBatch) -> None:
        columns = [pc.fill_null(column.cast(pa.string()), "").to_pylist() for column in batch.columns]
        self._writer.writerows(zip(*columns, strict=True))


class _JsonLines(_Text):
    def write(self, batch: pa.RecordBatch) -> None:
        columns = [_json_values(column) for column in batch.columns]
        for row in zip(*columns, strict=True):
            values = dict(zip(self._schema.names, row, strict=True))
            self._file.write(json.dumps(values, ensure_ascii=False, default=str) + "\n")


def _json_values(column: pa.Array) -> list[object]:
    if pa.types.is_floating(column.type):
        # JSON has no word for what is no number.
        finite = pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type))
        return list(finite.cast(pa.string()).cast(pa.float64()).to_pylist())
    return list(column.to_pylist())


WRITERS: dict[str, Callable[[Path, pa.Schema], TableWriter]] = {
    ".parquet": _Parquet,
    ".csv": _Csv,
    ".jsonl": _JsonLines,
}
