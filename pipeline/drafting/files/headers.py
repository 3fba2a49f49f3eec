"""The columns of several files, whose headers may differ, or stand in some of them alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from widedeep.components.common.errors import DataError
from widedeep.components.ingest.csv_files.dialect import CsvDialect
from widedeep.components.ingest.csv_files.header import NoRowsError, header
from widedeep.pipeline.drafting.files.forms import Form, parquet_columns
from widedeep.pipeline.drafting.files.locations import Location

# By path its names; None where it has none.
_Names = dict[str, tuple[str, ...] | None]


def in_common(location: Location, form: Form, label: str) -> tuple[Location, Form]:
    """The files that have the label, and the columns that all of them have.

    Args:
        location: the files.
        form: of the first of them.
        label: its column.

    Returns:
        Both with what was left out in their `aside`.

    Raises:
        DataError: a file of train has no label, or a file without a header has another number of columns.
    """
    if len(location.files) == 1 or form.file_format not in ("csv", "tsv", "parquet"):
        return location, form
    names = _parquet(location.files) if form.file_format == "parquet" else _text(location.files, form)
    headed = {path: header for path, header in names.items() if header is not None}
    if not headed:
        return location, form
    first = next(iter(headed))
    bare = [path for path, header in names.items() if header is None]
    if bare:
        form = _without_header(form, headed[first], first, bare)
    folders = form.columns[len(form.columns) - form.in_folders :]
    location = _with_label(location, {path: (*header, *folders) for path, header in headed.items()}, label)
    kept = [headed[path] for path in location.files if path in headed]
    columns = tuple(name for name in form.columns if name in folders or all(name in header for header in kept))
    lacking = [name for header in kept for name in header if name not in columns]
    aside = form.aside
    if lacking:
        differing = f"left out, as not all files have them: {', '.join(dict.fromkeys(lacking))}"
        aside = f"{aside}; {differing}" if aside else differing
    return location, replace(form, columns=columns, aside=aside)


def _parquet(files: Sequence[str]) -> _Names:
    return {path: parquet_columns(path) for path in files}


def _text(files: Sequence[str], form: Form) -> _Names:
    """A first row that shares no name with another file's header has values."""
    columns = form.columns[: len(form.columns) - form.in_folders]
    dialect = form.dialect.model_copy(update={"header": True, "columns": ()})
    if form.file_format == "tsv":
        dialect = dialect.model_copy(update={"delimiter": "\t"})
    rows = {path: _first_row(path, dialect) for path in files}
    known = set(columns) if form.dialect.header else set()
    return {path: row if row and known & set(row) else None for path, row in rows.items() if row is not None}


def _first_row(path: str, dialect: CsvDialect) -> tuple[str, ...] | None:
    """None of an empty file."""
    try:
        return tuple(header(path, dialect))
    except NoRowsError:
        return None


def _without_header(form: Form, names: tuple[str, ...], first: str, bare: Sequence[str]) -> Form:
    """The form of files of which some have the names of the columns, and others don't."""
    dialect = form.dialect.model_copy(update={"header": False, "columns": names})
    read = dialect.model_copy(update={"delimiter": "\t"}) if form.file_format == "tsv" else dialect
    as_rows = read.model_copy(update={"header": True, "columns": ()})
    for path in bare:
        fields = len(header(path, as_rows))
        if fields != len(names):
            raise DataError(
                f"{path}: its first row names none of the columns of {os.path.basename(first)}, and has {fields} "
                f"fields instead of {len(names)}. Give the files one header, or name those that belong together."
            )
    listed = ", ".join(map(os.path.basename, bare[:3])) + (", ..." if len(bare) > 3 else "")
    return replace(form, dialect=dialect, aside=f"the names in {os.path.basename(first)} hold for {listed}, too")


def _with_label(location: Location, names: dict[str, tuple[str, ...]], label: str) -> Location:
    """Without the splits of whose files one has no label, as the test part of a contest."""
    without = [path for path, header in names.items() if label not in header]
    if not without:
        return location
    of_train = location.splits["train"][1] if location.splits else location.files
    for path in without:
        if path in of_train:
            raise DataError(
                f"{path}: there is no column '{label}', the label, which other files have. Name the files that have "
                "it, or a pattern of them."
            )
    splits = {
        split: (pattern, files) for split, (pattern, files) in location.splits.items() if not set(files) & set(without)
    }
    listed = ", ".join(map(os.path.basename, without[:3])) + (", ..." if len(without) > 3 else "")
    said = f"left aside, as there is no '{label}' in them: {listed}"
    return replace(
        location,
        splits=splits,
        files=tuple(path for _, files in splits.values() for path in files),
        aside="; ".join(filter(None, [location.aside, said])),
    )
