"""The beginning of a file of rows, so that its first rows are read in no time however large it is."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from widedeep.components.common.errors import DataError
from widedeep.components.ingest.csv_files.dialect import TAB, CsvDialect
from widedeep.components.ingest.csv_files.rows import RowFaultError, RowSyntax
from widedeep.components.ingest.streams.text_form import UTF8
from widedeep.components.ingest.streams.utf8 import utf8_stream

# Readers look through a whole file of text for a quote that none closes.
_HEAD_BYTES = 1 << 20
_TEXT = ("csv", "tsv", "jsonl")


@contextmanager
def head(path: str, file_format: str, dialect: CsvDialect) -> Iterator[tuple[str, CsvDialect]]:
    """A file with the first rows of another, in folders of the same names, and its form.

    What can't be cut is given whole: binary formats are read from their beginning anyway, and of what is broken its
    reader tells best.

    Args:
        path: the file's.
        file_format: its format.
        dialect: its form, where it is text.
    """
    rows = _rows(path, file_format, dialect) if file_format in _TEXT else None
    if rows is None:
        yield path, dialect
        return
    with tempfile.TemporaryDirectory(prefix="widedeep-") as folder:
        copy = Path(folder, path.partition("://")[2] or path.lstrip("/"))
        copy.parent.mkdir(parents=True)
        copy.write_bytes(rows)
        try:
            yield str(copy), dialect.model_copy(update={"encoding": UTF8, "compression": None})
        except DataError as error:
            raise type(error)(str(error).replace(str(copy), path)) from None


def _rows(path: str, file_format: str, dialect: CsvDialect) -> bytes | None:
    """Whole rows; None where there is no whole one."""
    if file_format == "tsv":
        dialect = dialect.model_copy(update={"delimiter": TAB})
    try:
        with utf8_stream(path, dialect) as stream:
            if file_format == "jsonl":
                return stream.read(_HEAD_BYTES).rpartition(b"\n")[0] or None
            syntax = RowSyntax(dialect)
            block = next(syntax.blocks(stream, _HEAD_BYTES), b"")
            return block if syntax.count(block) > dialect.header else None
    except (RowFaultError, DataError, OSError):
        return None
