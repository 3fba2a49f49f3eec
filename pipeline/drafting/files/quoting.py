"""What a text file's quotes are: around fields, escaped within them, or signs as any other."""

from __future__ import annotations

import io
from typing import Any

from widedeep.components.ingest.csv_files.dialect import CsvDialect
from widedeep.components.ingest.csv_files.rows import MISPLACED, RowFaultError, RowSyntax

_BLOCK = 1 << 24
# As most programs write; as Spark and MySQL do; and as those that know no quotes.
_WAYS: tuple[dict[str, Any], ...] = ({}, {"escape": "\\"}, {"quote": None})


def quoting(text: str, delimiter: str) -> dict[str, Any]:
    """Options of a dialect by which each row has as many fields as the first; none where none fits better.

    Args:
        text: a file's beginning, in whole lines.
        delimiter: between the fields.
    """
    if '"' not in text:
        return {}
    return next((way for way in _WAYS if _fits(text, CsvDialect(delimiter=delimiter, **way))), {})


def _fits(text: str, dialect: CsvDialect) -> bool:
    syntax = RowSyntax(dialect)
    rows: list[bytes] = []
    try:
        for block in syntax.blocks(io.BytesIO(text.encode()), _BLOCK):
            rows += syntax.rows(block)
    except RowFaultError as error:
        # The beginning may end within a quoted field.
        if error.fault == MISPLACED:
            return False
    return len({syntax.fields(row) for row in rows}) <= 1
