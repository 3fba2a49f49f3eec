"""Numbers as people of other countries write them, 1.234,50, as programs do: 1234.50."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from widedeep.components.ingest.csv_files.dialect import CsvDialect


def plain_numbers(batch: pa.RecordBatch, names: set[str], dialect: CsvDialect) -> pa.RecordBatch:
    """The rows with the numbers of some columns written with a point and without signs between thousands.

    What is no number in the dialect stays as it is, so that an error shows it as the file has it.

    Args:
        batch: columns of bytes.
        names: of the columns that hold numbers; others are left alone.
        dialect: the file's.
    """
    if dialect.decimal == "." and dialect.thousands is None:
        return batch
    columns = [
        _plain(column, dialect) if name in names else column
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _plain(column: pa.Array, dialect: CsvDialect) -> pa.Array:
    decimal, thousands = re.escape(dialect.decimal), re.escape(dialect.thousands or "")
    whole = rf"\d{{1,3}}({thousands}\d{{3}})+|\d*" if thousands else r"\d*"
    are = pc.match_substring_regex(column, rf"^\s*[-+]?({whole})({decimal}\d*)?\s*$")
    plain = column
    if dialect.thousands:
        plain = pc.replace_substring(plain, dialect.thousands, "")
    plain = pc.replace_substring(plain, dialect.decimal, ".")
    return pc.if_else(pc.fill_null(are, False), plain, column)
