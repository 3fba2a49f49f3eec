"""Streams a CSV file, compressed or not, as Arrow batches of bytes, in bounded memory."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.csv

from widedeep.components.common.errors import DataError, reason, shown
from widedeep.components.ingest.csv_files.dialect import PLAIN, CsvDialect
from widedeep.components.ingest.csv_files.rows import LONG, OPEN, RowFaultError, RowSyntax
from widedeep.components.ingest.paths import compression_of, locate

# A block must hold a whole row; a longer row is a broken file.
_BLOCK_BYTES = 16 << 20
_HEADER_BYTES = 1 << 20
NO_ROWS = "the file has no rows. Remove it, or point data.path elsewhere."


class NoRowsError(DataError):
    """A file that is readable, and empty."""


def first_line(path: str) -> str:
    """The first line that is not blank, as text."""
    with open_stream(path) as stream:
        start = stream.read(_HEADER_BYTES).decode("utf-8-sig", errors="replace")
    return next((line for line in start.splitlines() if line.strip()), "")


def header(path: str, dialect: CsvDialect = PLAIN) -> list[str]:
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
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, escapechar=dialect.escape)
        names = next(row for row in lines if row)
        ",".join(names).encode()
    except (UnicodeEncodeError, csv.Error):
        raise DataError(f"{path}: no CSV header in UTF-8 at its start: {shown(start)}. Is data.format right?") from None
    return names


def read(path: str, columns: list[str], dialect: CsvDialect = PLAIN) -> Iterator[pa.RecordBatch]:
    """Yields the needed columns as bytes; an empty field is null. Blank lines are no rows.

    Args:
        path: the file.
        columns: names of columns that the header has once.
        dialect: the file's.

    Raises:
        DataError: a row has too many or too few fields, or a quote is misplaced or left open.
    """
    syntax = RowSyntax(dialect)
    _check_quotes(path, syntax)
    # Arrow reads in a thread of its own, and waits for it when it is left early: never hand it a Python stream or
    # callback, for which that thread would need the lock that the waiting one holds.
    with open_stream(path) as stream:
        if dialect.escape is None:
            yield from _batches(path, stream, columns, dialect)
            return
        names, rows = header(path, dialect), -1
        for block in syntax.blocks(stream, _BLOCK_BYTES):
            if rows < 0:
                block, rows = syntax.behind_header(block), 0
            if not block.strip(b"\r\n"):
                continue
            plain = pa.BufferReader(syntax.without_escapes(block))
            for batch in _batches(path, plain, columns, dialect, names, rows):
                yield batch
                rows += batch.num_rows


def _batches(
    path: str,
    stream: pa.NativeFile,
    columns: list[str],
    dialect: CsvDialect,
    names: list[str] | None = None,
    before: int = 0,
) -> Iterator[pa.RecordBatch]:
    """What Arrow reads.

    Args:
        path: the file.
        stream: its bytes, or some of its rows without escapes.
        columns: the needed ones.
        dialect: the file's.
        names: of all columns, where the stream has no header.
        before: rows of the file before the stream.
    """
    rows = before
    try:
        reader = pyarrow.csv.open_csv(
            stream,
            # In one thread: only then are rows numbered.
            read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES, column_names=names),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, delimiter=dialect.delimiter),
            convert_options=pyarrow.csv.ConvertOptions(
                # Bytes, whose UTF-8 is checked later, where the row is known.
                column_types=dict.fromkeys(columns, pa.binary()),
                # Others are not even looked at: a type guessed from the first block may not fit a later one.
                include_columns=columns,
                null_values=["", *dialect.null_values],
                strings_can_be_null=True,
            ),
        )
        for batch in reader:
            rows += batch.num_rows
            yield batch
    except pa.ArrowInvalid as error:
        if "cannot infer number of columns" in str(error):
            raise NoRowsError(f"{path}: {NO_ROWS}") from None
        raise DataError(f"{path}{_fault(str(error), rows, before - (names is None))}") from None


_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+): (.*)", re.DOTALL)


def _fault(error: str, rows: int, before: int) -> str:
    ragged = _RAGGED.search(error)
    if ragged:
        number, expected, count, row = ragged.groups()
        return (
            f", row {int(number) + before}: has {count} fields, and the header {expected}: "
            f"{shown(row[:60])}{'...' if len(row) > 60 else ''}; "
            "a field with a comma or a line break in it needs quotes."
        )
    if "straddl" in error:
        return f", row {rows + 1}: is longer than {_BLOCK_BYTES >> 20} MB. Is a quote left open?"
    return f": is not readable as CSV: {reason(error)}."


def _check_quotes(path: str, syntax: RowSyntax) -> None:
    """Refuses quotes that Arrow would read otherwise than they are meant, without a word.

    Raises:
        DataError: a quote is neither doubled nor escaped nor followed by the delimiter, or no other closes it.
    """
    try:
        with open_stream(path) as stream:
            for _ in syntax.blocks(stream, _BLOCK_BYTES):
                pass
    except RowFaultError as error:
        # Rare, so the file may be read again to count.
        row = 0
        with open_stream(path) as stream, contextlib.suppress(RowFaultError):
            for block in syntax.blocks(stream, _BLOCK_BYTES):
                row += syntax.count(block)
        raise DataError(f"{path}{_misquoted(path, row, error, syntax.dialect)}") from None


def _misquoted(path: str, row: int, error: RowFaultError, dialect: CsvDialect) -> str:
    where = f", row {row}" if row else ", header"
    if error.fault == LONG:
        return f"{where}: is longer than {_BLOCK_BYTES >> 20} MB. Is a quote left open?"
    if error.fault == OPEN:
        return f"{where}: a quote is opened that no other closes, up to the file's end."
    names = header(path, dialect) if row else []
    column = f"column '{names[error.column]}'" if error.column < len(names) else f"field {error.column + 1}"
    escape = dialect.escape is None and b'\\"' in error.text
    remedy = (
        """ A quote within quotes is doubled, or escaped as Spark and MySQL do: set data.escape: "\\\\"."""
        if escape
        else ' A quote within quotes is doubled: "5"" tall".'
    )
    text = shown(error.text.decode(errors="replace").splitlines()[0])
    return f"{where}, {column}: a quote is neither doubled nor followed by the delimiter: {text}.{remedy}"


def open_stream(path: str) -> pa.NativeFile:
    """The file's bytes, decompressed where they begin as gzip, bzip2 or Zstandard do, whatever its name ends in."""
    filesystem, inner = locate(path)
    return filesystem.open_input_stream(inner, compression=compression_of(path))
