"""Streams a file of JSON lines, compressed or not, as Arrow batches, in bounded memory."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
import pyarrow as pa

from widedeep.components.common.errors import DataError, reason, shown
from widedeep.components.ingest.python_rows.mixed_columns import column, set_column
from widedeep.components.ingest.scalars import BadValueError
from widedeep.components.ingest.streams.utf8 import Stream, check_start, utf8_stream
from widedeep.components.ingest.wanted_columns import BATCH_ROWS, BrokenRow, WantedColumns

_BLOCK_BYTES = 4 << 20
# A longer line is a whole document.
_LONGEST = 16 << 20
_KEYS = re.compile(rb'"\s*:')
_BOM = b"\xef\xbb\xbf"
Row = dict[str, Any]


def read(columns: WantedColumns) -> Iterator[pa.RecordBatch]:
    """Yields the wanted columns, BATCH_ROWS rows at a time. Blank lines are no rows.

    A key that a row has not, and null, are missing values; one that no row has is told by what was read in all. A
    column 'user.id' is the key `id` of the object `user`, where a row has no key of that very name.

    Raises:
        DataError: a line is no JSON object, or a value can't be used.
    """
    wanted = [name for name in columns.needed if name not in columns.in_folders]
    known = {*wanted, *columns.in_folders, *(name.partition(".")[0] for name in wanted)}
    rows, before = _rows(columns), 0
    while batch := list(itertools.islice(rows, BATCH_ROWS)):
        for row in batch:
            columns.undeclared.update(row.keys() - known)
        # A key of the file goes before the one of a folder, where any row of the batch has it.
        own = [name for name in columns.in_folders if any(name in row for row in batch)]
        names = [*wanted, *own]
        yield pa.RecordBatch.from_arrays([_column(columns, name, batch, before) for name in names], names)
        before += len(batch)


def _column(columns: WantedColumns, name: str, batch: list[Row], before: int) -> pa.Array:
    values = [row.get(name) for row in batch]
    if "." in name:
        values = [_inside(row, name) if name not in row else row[name] for row in batch]
    try:
        if name in columns.separators:
            return set_column(values, columns.separators[name])
        return column(values, name in columns.words)
    except BadValueError as error:
        where = f"{columns.path}, row {before + error.index + 1}, column '{name}'"
        raise DataError(f"{where}: {shown(error.value)} {error.fault}.") from None


def _inside(row: Row, name: str) -> Any:
    value: Any = row
    for key in name.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _rows(columns: WantedColumns) -> Iterator[Row]:
    with utf8_stream(columns.path, columns.dialect) as stream:
        number = 0
        for line in _lines(columns, stream):
            if not line.strip():
                continue
            number += 1
            row, fault = _row(line, number)
            if fault and columns.broken is None:
                raise DataError(f"{columns.path}, row {number}: {fault}")
            if fault and columns.broken is not None:
                columns.broken.append(BrokenRow(number, fault, line.decode(errors="replace")))
            yield row


def _row(line: bytes, number: int) -> tuple[Row, str]:
    """The object of a line, and what is wrong where it is none."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return {}, _fault(line, error, number)
    if not isinstance(row, dict):
        return {}, _no_object(row)
    # In a text a quote before a colon is escaped, and counted as well: then it is looked at closely.
    if (keys := len(_KEYS.findall(line))) > len(row) and keys > _keys(row):
        try:
            json.loads(line, object_pairs_hook=_object)
        except _TwiceError as error:
            return {}, f"has the key {shown(error.args[0])} twice: {shown(line.strip()[:60])}. Which value is meant?"
    return row, ""


def _keys(value: Any) -> int:
    """How many keys an object has, with those of the objects in it."""
    if isinstance(value, dict):
        return len(value) + sum(map(_keys, value.values()))
    return sum(map(_keys, value)) if isinstance(value, list) else 0


class _TwiceError(Exception):
    """A key that stands twice in an object."""


def _object(pairs: list[tuple[str, Any]]) -> Row:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise _TwiceError(next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1))
    return row


def _lines(columns: WantedColumns, stream: Stream) -> Iterator[bytes]:
    rest, first = b"", True
    while block := stream.read(_BLOCK_BYTES):
        if first:
            check_start(columns.path, block, columns.dialect)
            block, first = block.removeprefix(_BOM), False
        *lines, rest = (rest + block).split(b"\n")
        yield from lines
        if len(rest) > _LONGEST:
            raise DataError(
                f"{columns.path}: has a line of more than {_LONGEST >> 20} MB, {shown(rest[:60])}...: JSON lines have "
                "an object a line."
            )
    yield rest


def _fault(line: bytes, error: orjson.JSONDecodeError, number: int) -> str:
    text = shown(line.strip()[:60])
    if number == 1 and line.strip() in (b"[", b"{"):
        return (
            f"{text}: the file is one JSON document, and an object a line is needed: jq -c '.[]' makes them of a list."
        )
    said = reason(error.msg)
    if any(word in line for word in (b"NaN", b"Infinity")):
        return f"is no JSON, which knows neither NaN nor Infinity: {text}: write null for no value."
    return f"is no JSON ({said}): {text}. Is data.format right, and an object in each line?"


def _no_object(value: object) -> str:
    if isinstance(value, list):
        return (
            f"{shown(value)} is a list, and an object a line is needed, whose keys are the columns: jq -c '.[]' makes "
            "them of a list of objects."
        )
    return f"{shown(value)} is no object, whose keys are the columns."
