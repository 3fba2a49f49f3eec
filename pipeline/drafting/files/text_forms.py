"""How a CSV or TSV file is written, by its first lines."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from widedeep.components.common.errors import DataError, shown
from widedeep.components.ingest.csv_files.dialect import CsvDialect
from widedeep.pipeline.drafting.files.quoting import quoting

_LINES = 200
# Of the names, that may be values of their columns as well.
_REPEATED = 0.25
# Python's own splitlines breaks at form feeds, too.
_LINE_BREAK = re.compile(r"\r\n|\n|\r")
_DELIMITERS = ("\t", ",", ";", "|")
# What is read as a number may be a value; a header has names.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class TextForm(NamedTuple):
    """How a text file is written: its format, its dialect, the columns' names, and what it was seen by."""

    file_format: str
    dialect: CsvDialect
    columns: tuple[str, ...]
    reason: str


def decoded(start: bytes, whole: bool) -> tuple[str, str | None]:
    """The text of a file's beginning, and its encoding; None of UTF-8.

    Args:
        start: the file, or its beginning.
        whole: whether it is all of it: of a part the last character may be cut.
    """
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.getincrementaldecoder("utf-16")(errors="replace").decode(start), "utf-16"
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(start, final=whole), None
    except UnicodeDecodeError:
        return start.decode("latin-1"), "latin-1"


def text_form(path: str, start: bytes, whole: bool, file_format: str | None, label: str | None = None) -> TextForm:
    """How a text file of rows is written.

    Args:
        path: the file, for errors.
        start: the file, or its beginning.
        whole: whether it is all of it.
        file_format: csv or tsv, where its name says so.
        label: what a person calls the label's column.

    Raises:
        DataError: something stands above the rows.
    """
    text, encoding = decoded(start, whole)
    lines = [line for line in _LINE_BREAK.split(text) if line.strip()][:_LINES]
    delimiter = "\t" if file_format == "tsv" else _delimiter(lines)
    quotes = quoting(text if whole else text[: text.rfind("\n") + 1], delimiter)
    rows = [row for row in csv.reader(lines, **_python_form(delimiter, quotes)) if row]
    first, others = rows[0], rows[1:]
    _refuse_preamble(path, lines, first, others, label)
    options: dict[str, object] = {"encoding": encoding} if encoding else {}
    options |= quotes
    if file_format != "tsv" and delimiter == "\t":
        file_format = "tsv"
    if delimiter not in (",", "\t"):
        options["delimiter"] = delimiter
    # A number is a column's place, and may stand in the first row as a value.
    named = (label in first and not str(label).isdecimal()) or _is_header(first, others)
    if not named:
        options |= {"header": False, "columns": [f"c{number}" for number in range(1, len(first) + 1)]}
    name = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars", " ": "blanks"}[delimiter]
    why = f"{name} between the fields, {'names in the first row' if named else 'no row of names'}"
    options |= _number_signs(others)
    # Programs write the numbers of rows without a name.
    names = [name for name in first if name.strip()] if named else [f"c{at}" for at in range(1, len(first) + 1)]
    return TextForm(file_format or "csv", CsvDialect.model_validate(options), tuple(names), why)


# Numbers with a comma before the fraction, perhaps with points between thousands; and the reverse.
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?")
_GROUPED = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?")
_SURELY_GROUPED = re.compile(r"[+-]?\d{1,3}((,\d{3}){2,}(\.\d+)?|,\d{3}\.\d+)")


def _python_form(delimiter: str, quotes: Mapping[str, Any]) -> dict[str, Any]:
    """In the words of Python's csv module."""
    without = {"quoting": csv.QUOTE_NONE} if "quote" in quotes else {}
    return {"delimiter": delimiter, "escapechar": quotes.get("escape"), **without}


def _delimiter(lines: Sequence[str]) -> str:
    """Of those that stand equally often in the first lines the most frequent; else the most frequent of all."""

    def rank(sign: str) -> tuple[bool, int]:
        counts = [len(row) for row in csv.reader(lines[:50], delimiter=sign)]
        common, often = Counter(counts).most_common(1)[0]
        return often >= 0.9 * len(counts) and common > 1, common

    best = max(_DELIMITERS, key=rank)
    # Blanks stand within texts and times, too.
    return best if rank(best)[0] or not rank(" ")[0] else " "


def _number_signs(rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """What numbers have before their fraction and between thousands, where a column leaves no doubt."""
    columns = ([value.strip() for value in column if value.strip()] for column in zip(*rows, strict=False))
    signs: dict[str, str] = {}
    for column in columns:
        if not all(map(_COMMA.fullmatch, column)):
            if all(map(_GROUPED.fullmatch, column)) and any(map(_SURELY_GROUPED.fullmatch, column)):
                signs.setdefault("thousands", ",")
            continue
        # Three digits behind a comma may be thousands.
        if any(re.search(r",(\d{1,2}|\d{4,})$", value) for value in column):
            signs["decimal"] = ","
            if any("." in value for value in column):
                signs["thousands"] = "."
    return signs


def _refuse_preamble(
    path: str, lines: Sequence[str], first: Sequence[str], others: Sequence[Sequence[str]], label: str | None
) -> None:
    """Refuses lines above the names that are neither names nor values. Raises DataError."""
    what = ""
    if re.fullmatch(r"sep=.", lines[0].strip()):
        what = "which Excel alone reads"
    elif lines[0].startswith("#") and label not in first and others and len(first) != len(others[-1]):
        what = "a comment"
    if what:
        raise DataError(
            f"{path}: begins with the line {shown(lines[0].strip()[:60])}, {what}: remove what stands above the names."
        )


def _is_header(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether the first row has names: each another one, none a number, and hardly one a value of its column below."""
    names = [name.strip() for name in first]
    given = [name for name in names if name]
    if len(given) < len(names) - 1 or len(set(given)) < len(given) or any(map(_NUMBER.fullmatch, given)):
        return False
    if not others:
        return True
    columns = [[row[number].strip() for row in others if number < len(row)] for number in range(len(names))]
    repeated = sum(name in column for name, column in zip(names, columns, strict=True))
    return repeated <= _REPEATED * len(names)
