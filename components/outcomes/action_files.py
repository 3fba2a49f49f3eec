"""Files of actions: who took what, and when."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq

from widedeep.components.common.errors import DataError, reason
from widedeep.components.outcomes.matching import ACTED, ACTED_ON

_MICROS = 1_000_000
FORMATS = (".parquet", ".csv", ".jsonl")
# Of JSON lines, so much is read at a time, and on to the end of a line.
_BYTES = 16 * 2**20


def action_batches(path: Path, request: str, candidate: str, time: str) -> Iterator[pa.Table]:
    """The actions of a file, some at a time: ACTED_ON and the candidate's column as strings, ACTED in microseconds.

    Args:
        path: the file, of a format by its ending.
        request: the column of the request's id.
        candidate: the column that names the candidate.
        time: the column of the moment: timestamps, ISO 8601 text, or seconds since 1970; without a zone, UTC.

    Raises:
        DataError: the file can't be read, lacks a column, or has no moment in one; names file and column.
    """
    wanted = [request, candidate, time]
    try:
        for batch in _batches(path, wanted):
            yield pa.table(
                {
                    ACTED_ON: batch[request].cast(pa.string()),
                    candidate: batch[candidate].cast(pa.string()),
                    ACTED: _moments(batch[time], f"{path}: column '{time}'"),
                }
            )
    except (pa.ArrowInvalid, pa.ArrowKeyError, KeyError, OSError) as error:
        raise DataError(f"{path}: can't be read as actions: {reason(error)}.") from None


def _batches(path: Path, wanted: list[str]) -> Iterator[pa.Table]:
    if path.suffix == ".parquet":
        with pq.ParquetFile(path) as file:
            _check(path, file.schema_arrow.names, wanted)
            for batch in file.iter_batches(columns=wanted):
                yield pa.Table.from_batches([batch])
        return
    if path.suffix == ".csv":
        # Ids are texts, whatever they look like: 007 is not 7.
        texts = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(wanted[:2], pa.string()))
        with pyarrow.csv.open_csv(path, convert_options=texts) as reader:
            _check(path, reader.schema.names, wanted)
            for batch in reader:
                yield pa.Table.from_batches([batch])
        return
    yield from _json_lines(path, wanted)


def _json_lines(path: Path, wanted: list[str]) -> Iterator[pa.Table]:
    empty = True
    with path.open("rb") as file:
        while lines := file.read(_BYTES):
            lines += file.readline()
            if lines.isspace():
                continue
            table = _parsed(lines, wanted[:2])
            if empty:
                _check(path, table.column_names, wanted)
                empty = False
            for name in set(wanted) - set(table.column_names):
                table = table.append_column(name, pa.nulls(len(table), pa.string()))
            yield table
    if empty:
        raise DataError(f"{path}: is empty: not even one action.")


def _parsed(lines: bytes, ids: list[str]) -> pa.Table:
    table = pyarrow.json.read_json(io.BytesIO(lines))
    # Ids that look like moments would be written as other texts.
    texts = [
        (field.name, pa.string()) for field in table.schema if field.name in ids and pa.types.is_temporal(field.type)
    ]
    if not texts:
        return table
    return pyarrow.json.read_json(
        io.BytesIO(lines), parse_options=pyarrow.json.ParseOptions(explicit_schema=pa.schema(texts))
    )


def _check(path: Path, names: list[str], wanted: list[str]) -> None:
    for name in wanted:
        if name not in names:
            raise DataError(f"{path}: has no column '{name}', but {', '.join(names)}.")


def _moments(column: pa.ChunkedArray, where: str) -> pa.ChunkedArray:
    if column.null_count:
        raise DataError(f"{where}: {column.null_count:,} of {len(column):,} actions have no moment.")
    if pa.types.is_integer(column.type):
        return pc.multiply(column.cast(pa.int64()), _MICROS)
    if pa.types.is_floating(column.type):
        return pc.round(pc.multiply(column, float(_MICROS))).cast(pa.int64())
    if pa.types.is_string(column.type) or pa.types.is_timestamp(column.type):
        try:
            return column.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
        except pa.ArrowInvalid as error:
            raise DataError(f"{where}: {reason(error)}. Give ISO 8601 with a zone, or seconds since 1970.") from None
    raise DataError(f"{where}: is {column.type}. Give timestamps, ISO 8601 text, or seconds since 1970.")
