"""What is told of a CSV file whose rows can't be told apart into fields."""

from __future__ import annotations

import re
from collections.abc import Sequence

from widedeep.components.common.errors import reason, shown
from widedeep.components.ingest.csv_files.dialect import QUOTE, CsvDialect
from widedeep.components.ingest.csv_files.rows import LONG, OPEN, RowFaultError

# A block must hold a whole row; a longer row is a broken file.
BLOCK_BYTES = 16 << 20
_DELIMITERS = {",": "a comma", "\t": "a tab", ";": "a semicolon", "|": "a bar", " ": "a blank"}
_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+): (.*)", re.DOTALL)


def of_arrow(error: str, rows: int, before: int, dialect: CsvDialect) -> str:
    """What Arrow's error says, behind the file's name: `rows` of the file were read, `before` before the stream."""
    ragged = _RAGGED.search(error)
    if ragged:
        number, expected, count, row = ragged.groups()
        return f", row {int(number) + before}: {of_fields(int(count), int(expected), row, dialect)}"
    if "straddl" in error:
        return f", row {rows + 1}: is longer than {BLOCK_BYTES >> 20} MB. Is a quote left open?"
    return f": is not readable as CSV: {reason(error)}."


def of_fields(count: int, expected: int, row: str, dialect: CsvDialect) -> str:
    """Of a row with another number of fields than there are columns."""
    names = "the header" if dialect.header else "data.columns"
    remedy = f"a field with {_DELIMITERS.get(dialect.delimiter, shown(dialect.delimiter))} or a line break in it "
    remedy += "needs quotes" if dialect.quote else "needs quotes, which data.quote names"
    row = row.rstrip("\r\n")
    return f"has {count} fields, and {names} {expected}: {shown(row[:60])}{'...' if len(row) > 60 else ''}; {remedy}."


def of_quotes(row: int, error: RowFaultError, names: Sequence[str], dialect: CsvDialect) -> str:
    """Of a quote, behind the file's name: in a row, or in row 0, the header; `names` are those of the columns."""
    where = f", row {row}" if row else ", header"
    if error.fault == LONG:
        return f"{where}: is longer than {BLOCK_BYTES >> 20} MB. Is a quote left open?"
    if error.fault == OPEN:
        return f"{where}: a quote is opened that no other closes, up to the file's end."
    column = f"column '{names[error.column]}'" if error.column < len(names) else f"field {error.column + 1}"
    quote = dialect.quote or QUOTE
    if dialect.escape is None and b"\\" + quote.encode() in error.text:
        remedy = """A quote within quotes is doubled, or escaped as Spark and MySQL do: set data.escape: "\\\\"."""
    elif quote == QUOTE:
        remedy = (
            'A quote within quotes is doubled: "5"" tall". Where quotes are signs as any other: set data.quote: null.'
        )
    else:
        remedy = f"A quote within quotes is doubled: {quote}5{quote * 2} tall{quote}."
    text = shown(error.text.decode(errors="replace").splitlines()[0])
    return f"{where}, {column}: a quote is neither doubled nor followed by the delimiter: {text}. {remedy}"
