"""Streams a CSV file, compressed or not, as Arrow batches of bytes, in bounded memory."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.csv

from widedeep.components.common.errors import DataError, reason, shown
from widedeep.components.ingest.paths import compression_of, locate

# A block must hold a whole row; a longer row is a broken file.
_BLOCK_BYTES = 16 << 20
_HEADER_BYTES = 1 << 20
# No file holds such a row (\x1e is ASCII's record separator).
_LAST = "\x1elast row\x1e"
NO_ROWS = "the file has no rows. Remove it, or point data.path elsewhere."


class NoRowsError(DataError):
    """A file that is readable, and empty."""


def header(path: str) -> list[str]:
    """The names of the columns.

    Raises:
        DataError: there is no header.
    """
    with open_stream(path) as stream:
        start = stream.read(_HEADER_BYTES)
    if not start.strip():
        raise NoRowsError(f"{path}: the file is empty; a header and rows are needed.")
    # Escapes, since this much holds rows as well, whose bytes are checked where their number is known.
    text = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape").decode(start)
    try:
        names = next(row for row in csv.reader(io.StringIO(text, newline="")) if row)
        ",".join(names).encode()
    except (UnicodeEncodeError, csv.Error):
        raise DataError(f"{path}: no CSV header in UTF-8 at its start: {shown(start)}. Is data.format right?") from None
    return names


def read(path: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Yields the needed columns as bytes; an empty field is null. Blank lines are no rows.

    Args:
        path: the file.
        columns: names of columns that the header has once.

    Raises:
        DataError: a row has too many or too few fields, or a quote is left open.
    """
    _check_quotes(path)
    rows = 0
    # Arrow reads in a thread of its own, and waits for it when it is left early: never hand it a Python stream or
    # callback, for which that thread would need the lock that the waiting one holds.
    with open_stream(path) as stream:
        try:
            reader = pyarrow.csv.open_csv(
                stream,
                # In one thread: only then are rows numbered.
                read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES),
                parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
                convert_options=pyarrow.csv.ConvertOptions(
                    # Bytes, whose UTF-8 is checked later, where the row is known.
                    column_types=dict.fromkeys(columns, pa.binary()),
                    # Others are not even looked at: a type guessed from the first block may not fit a later one.
                    include_columns=columns,
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            )
            for batch in reader:
                rows += batch.num_rows
                yield batch
        except pa.ArrowInvalid as error:
            if "cannot infer number of columns" in str(error):
                raise NoRowsError(f"{path}: {NO_ROWS}") from None
            raise DataError(f"{path}{_fault(str(error), rows)}") from None


_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+): (.*)", re.DOTALL)


def _fault(error: str, rows: int) -> str:
    ragged = _RAGGED.search(error)
    if ragged:
        number, expected, count, row = ragged.groups()
        return (
            f", row {int(number) - 1}: has {count} fields, and the header {expected}: "
            f"{shown(row[:60])}{'...' if len(row) > 60 else ''}; "
            "a field with a comma or a line break in it needs quotes."
        )
    if "straddl" in error:
        return f", row {rows + 1}: is longer than {_BLOCK_BYTES >> 20} MB. Is a quote left open?"
    return f": is not readable as CSV: {reason(error)}."


def _check_quotes(path: str) -> None:
    """Refuses a quote that no other closes: Arrow takes the rest of the file for its field, without a word."""
    quotes = 0
    with open_stream(path) as stream:
        while block := stream.read(_BLOCK_BYTES):
            quotes += block.count(b'"')
    if quotes % 2 == 0:
        return
    # Rare, so it may be slow. A lone quote inside a field (5" tall) is no fault, so the fields are parsed, with a row
    # of ours at the end: an open quote swallows it.
    row = -1
    with open_stream(path) as stream:
        text = io.TextIOWrapper(stream, "utf-8-sig", "surrogateescape", newline="")
        try:
            for fields in csv.reader(itertools.chain(text, ["\n", _LAST])):
                if fields == [_LAST]:
                    return
                row += bool(fields)
        except csv.Error:  # the field is too long to be one
            row += 1
    raise DataError(f"{path}, row {row}: a quote is opened that no other closes, up to the file's end.")


def open_stream(path: str) -> pa.NativeFile:
    """The file's bytes, decompressed where they begin as gzip, bzip2 or Zstandard do, whatever its name ends in."""
    filesystem, inner = locate(path)
    return filesystem.open_input_stream(inner, compression=compression_of(path))
