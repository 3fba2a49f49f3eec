"""Streams a CSV file, compressed or not, as Arrow batches of bytes, in bounded memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.csv

from widedeep.components.common.errors import DataError
from widedeep.components.ingest.csv_files.dialect import PLAIN, QUOTE, CsvDialect
from widedeep.components.ingest.csv_files.faults import BLOCK_BYTES, of_arrow, of_fields, of_quotes
from widedeep.components.ingest.csv_files.header import NO_ROWS, NoRowsError, names_at_start
from widedeep.components.ingest.csv_files.rows import FaultyLine, RowFaultError, RowSyntax
from widedeep.components.ingest.streams.compression import open_stream
from widedeep.components.ingest.streams.utf8 import utf8_stream
from widedeep.components.ingest.wanted_columns import BrokenRow

_UNTRUSTED = "What follows can't be told apart into rows, so that it can't be left out: mend the file."


def read(
    path: str, columns: list[str], dialect: CsvDialect = PLAIN, broken: list[BrokenRow] | None = None
) -> Iterator[pa.RecordBatch]:
    """Yields the needed columns as bytes; an empty field is null. Blank lines are no rows.

    Args:
        path: the file.
        columns: names of columns that the header has once.
        dialect: the file's.
        broken: gets the rows with too many or too few fields, or with a misplaced quote in a line of their own, which
            are then rows of empty ones; None: they are errors.

    Raises:
        DataError: a row has too many or too few fields, or a quote is misplaced or left open.
    """
    syntax = RowSyntax(dialect)
    names, first = names_at_start(path, dialect)
    if dialect.quote and broken is None:
        _check_quotes(path, syntax, names, first)
    # Arrow reads in a thread of its own, and waits for it when it is left early: never hand it a Python stream or
    # callback, for which that thread would need the lock that the waiting one holds.
    if dialect.for_arrow and broken is None:
        with open_stream(path, dialect.compression) as native:
            yield from _batches(path, native, columns, dialect, () if first else names)
        return
    rows = 0
    try:
        with utf8_stream(path, dialect) as stream:
            for block in syntax.parts(stream, BLOCK_BYTES, None if broken is None else len(names)):
                if isinstance(block, FaultyLine):
                    if first or broken is None:
                        raise block.error
                    broken.append(_misplaced(block, rows + 1, names, dialect))
                    block = _empty(names, dialect)
                if first:
                    block, first = syntax.behind_header(block), False
                if not block.strip(b"\r\n"):
                    continue
                for batch in _of_block(path, block, columns, syntax, names, rows, broken):
                    yield batch
                    rows += batch.num_rows
    except RowFaultError as error:
        # Of a whole file this was looked at before.
        row = 0 if first else rows + 1
        raise DataError(f"{path}{of_quotes(row, error, names if row else [], dialect)} {_UNTRUSTED}") from None


def _of_block(
    path: str,
    block: bytes,
    columns: list[str],
    syntax: RowSyntax,
    names: Sequence[str],
    before: int,
    broken: list[BrokenRow] | None,
) -> Iterable[pa.RecordBatch]:
    """What Arrow reads of whole rows, of which those that are broken are given as empty ones, where they may be."""

    def read(rows: bytes) -> Iterator[pa.RecordBatch]:
        plain = pa.BufferReader(syntax.without_escapes(rows))
        return _batches(path, plain, columns, syntax.dialect, names, before)

    if broken is None:
        return read(block)
    try:
        return list(read(block))
    except DataError:
        # Rare, so the rows are looked at one by one only then.
        return read(_even(block, syntax, names, before, broken))


def _even(block: bytes, syntax: RowSyntax, names: Sequence[str], before: int, broken: list[BrokenRow]) -> bytes:
    """A block whose rows all have as many fields as there are columns; the others are empty."""
    rows: list[bytes] = []
    for text in syntax.rows(block):
        number, count = before + len(rows) + 1, syntax.fields(text)
        if count != len(names):
            fault = of_fields(count, len(names), text.decode(errors="replace"), syntax.dialect)
            broken.append(BrokenRow(number, fault, text.decode(errors="replace").rstrip("\r\n")))
            text = _empty(names, syntax.dialect)
        rows.append(text)
    return b"".join(rows)


def _empty(names: Sequence[str], dialect: CsvDialect) -> bytes:
    """A row without any value: of one column an empty line would be none."""
    fields = (dialect.quote or "") * 2 if len(names) == 1 else dialect.delimiter * (len(names) - 1)
    return f"{fields}\n".encode()


def _misplaced(line: FaultyLine, row: int, names: Sequence[str], dialect: CsvDialect) -> BrokenRow:
    fault = of_quotes(row, line.error, names, dialect).removeprefix(f", row {row}, ")
    return BrokenRow(row, fault, line.text.decode(errors="replace").rstrip("\r\n"))


def _batches(
    path: str,
    stream: pa.NativeFile,
    columns: list[str],
    dialect: CsvDialect,
    names: Sequence[str],
    before: int = 0,
) -> Iterator[pa.RecordBatch]:
    """What Arrow reads.

    Args:
        path: the file.
        stream: its bytes, or some of its rows without escapes.
        columns: the needed ones.
        dialect: the file's.
        names: of all columns, where the stream has no header; else none.
        before: rows of the file before the stream.
    """
    rows = before
    # Of fields that are rewritten, quotes are among what is.
    quote = dialect.quote or (QUOTE if dialect.escape else False)
    try:
        reader = pyarrow.csv.open_csv(
            stream,
            # In one thread: only then are rows numbered.
            read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES, column_names=names or None),
            parse_options=pyarrow.csv.ParseOptions(
                newlines_in_values=bool(quote), delimiter=dialect.delimiter, quote_char=quote
            ),
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
        raise DataError(f"{path}{of_arrow(str(error), rows, before - (not names), dialect)}") from None


def _check_quotes(path: str, syntax: RowSyntax, names: Sequence[str], named: bool) -> None:
    """Refuses quotes that Arrow would read otherwise than they are meant, without a word.

    Args:
        path: the file.
        syntax: of its rows.
        names: of its columns.
        named: whether they stand in its first row.

    Raises:
        DataError: a quote is neither doubled nor escaped nor followed by the delimiter, or no other closes it.
    """
    try:
        with utf8_stream(path, syntax.dialect) as stream:
            for _ in syntax.blocks(stream, BLOCK_BYTES):
                pass
    except RowFaultError as error:
        # Rare, so the file may be read again to count.
        row = int(not named)
        with utf8_stream(path, syntax.dialect) as stream, contextlib.suppress(RowFaultError):
            for block in syntax.blocks(stream, BLOCK_BYTES):
                row += syntax.count(block)
        raise DataError(f"{path}{of_quotes(row, error, names if row else [], syntax.dialect)}") from None
