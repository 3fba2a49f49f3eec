"""What a person may have meant by a CSV file, or a value, that can't be read as it is: the end of an error."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Collection, Sequence

from widedeep.components.common.errors import shown
from widedeep.components.features.spec import Kind
from widedeep.components.ingest.csv_files.dialect import CsvDialect

_DELIMITERS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
# What programs write for no value: pandas, R, SQL, MySQL, spreadsheets.
_MISSING = {"na", "n/a", "#n/a", "<na>", "nan", "-nan", "null", "(null)", "none", "nil", "\\n", "-", "?", "missing"}


def other_form(first_line: str, names: Sequence[str], needed: Collection[str], dialect: CsvDialect) -> str | None:
    """How a file is written whose first row names none, or too few, of the columns that are needed.

    Args:
        first_line: of the file, which should be its header.
        names: of the columns, as the dialect has them.
        needed: names.
        dialect: that was tried.

    Returns:
        A sentence for the person; None where the file is in this form, with other columns.
    """
    known = len(set(needed) & set(names))
    tries = {sign: _fields(first_line, sign) for sign in _DELIMITERS if sign != dialect.delimiter}
    best = max(tries, key=lambda sign: (len(set(needed) & set(tries[sign])), len(tries[sign])))
    option = f"set data.delimiter: {_yaml(best)}"
    if len(set(needed) & set(tries[best])) > known:
        return f"its columns stand between {_DELIMITERS[best]}: {option}."
    if not dialect.header:
        return None
    # A header holds no numbers.
    fields = tries[best] if len(names) == 1 < len(tries[best]) else list(names)
    if known or not any(map(_is_number, fields)):
        return None
    also = f", between {_DELIMITERS[best]}: {option}," if fields is tries[best] else ":"
    return (
        f"its first row has values, {shown(', '.join(fields))}{also}"
        f"{' and' if fields is tries[best] else ''} set data.header: false, and name the columns in data.columns."
    )


def of_value(value: object, kind: Kind, file_format: str) -> str:
    """What to do with a text where a number is needed; nothing where that can't be told.

    Args:
        value: that is wrong.
        kind: of its column.
        file_format: of the file.
    """
    if not isinstance(value, str | bytes):
        return ""
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    if isinstance(value, bytes) and "\N{REPLACEMENT CHARACTER}" in text and file_format in ("csv", "tsv"):
        return "; if the file is in another encoding, name it: data: {encoding: latin-1}"
    word = text.strip().lower()
    if word not in _MISSING or kind != "numeric":
        return ""
    if file_format in ("csv", "tsv"):
        return f"; if it stands for no value, name it: data: {{null_values: [{shown(text.strip())}]}}"
    return "; write null where there is no value"


def _fields(line: str, delimiter: str) -> list[str]:
    with contextlib.suppress(csv.Error):
        return next(csv.reader([line], delimiter=delimiter), [])
    return []


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _yaml(sign: str) -> str:
    return '"\\t"' if sign == "\t" else f'"{sign}"'
