"""How a CSV file starts: the names of its columns."""

from __future__ import annotations

import codecs
import csv
import io
from typing import Any

from widedeep.components.common.errors import DataError, shown
from widedeep.components.ingest.csv_files.dialect import PLAIN, CsvDialect
from widedeep.components.ingest.streams.utf8 import check_start, utf8_stream

_HEADER_BYTES = 1 << 20
NO_ROWS = "the file has no rows. Remove it, or point data.path elsewhere."


class NoRowsError(DataError):
    """A file that is readable, and empty."""


def first_line(path: str, dialect: CsvDialect = PLAIN) -> str:
    """The first line that is not blank, as text."""
    with utf8_stream(path, dialect) as stream:
        start = stream.read(_HEADER_BYTES).decode("utf-8-sig", errors="replace")
    return next((line for line in start.splitlines() if line.strip()), "")


def header(path: str, dialect: CsvDialect = PLAIN) -> list[str]:
    """The names of the columns: of the file's first row, or of the dialect where it says that there is no such row.

    Raises:
        NoRowsError: the file is empty.
        DataError: there is no header.
    """
    return names_at_start(path, dialect)[0]


def names_at_start(path: str, dialect: CsvDialect) -> tuple[list[str], bool]:
    """The names of the columns as `header` has them, and whether they stand in the file's first row.

    Of files that were cut from one, the first alone may have the names: where the dialect has none to be there, a first
    row of just its names is no row of values either.
    """
    with utf8_stream(path, dialect) as stream:
        start = stream.read(_HEADER_BYTES)
    if not start.strip():
        needed = "a header and rows are" if dialect.header else "rows are"
        raise NoRowsError(f"{path}: the file is empty; {needed} needed.")
    check_start(path, start, dialect)
    # Escapes, since this much holds rows as well, whose bytes are checked where their number is known.
    text = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape").decode(start)
    try:
        names = next(row for row in csv.reader(io.StringIO(text, newline=""), **_python_form(dialect)) if row)
        ",".join(names if dialect.header else ()).encode()
    except (UnicodeEncodeError, csv.Error):
        raise DataError(
            f"{path}: no CSV header in UTF-8 at its start: {shown(start)}. Are data.format and data.encoding right?"
        ) from None
    if dialect.header:
        return names, True
    return list(dialect.columns), names == list(dialect.columns)


def _python_form(dialect: CsvDialect) -> dict[str, Any]:
    """A dialect in the words of Python's csv module."""
    quotes = {"quotechar": dialect.quote} if dialect.quote else {"quoting": csv.QUOTE_NONE}
    return {"delimiter": dialect.delimiter, "escapechar": dialect.escape, **quotes}
