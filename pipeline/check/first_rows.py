"""The first rows of a split, read as a run reads them, with all that is wrong with them."""

from __future__ import annotations

from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from widedeep.components import features
from widedeep.components.common.errors import shown
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.ingest.csv_files.header import NO_ROWS
from widedeep.components.ingest.file_blocks import blocks
from widedeep.components.ingest.ingest_options import IngestOptions
from widedeep.components.ingest.numbers.number_profile import FileNumbers
from widedeep.components.ingest.raw_files import NO_RESULT, RowReader
from widedeep.components.ingest.scalars import BadValueError
from widedeep.components.ingest.splitting.rules import Batch, Rule, Seen
from widedeep.components.ingest.wanted_columns import Query, WantedColumns
from widedeep.components.scoring.rows.faults import RowFault
from widedeep.components.scoring.rows.raw_rows import Rows, rows_of
from widedeep.components.scoring.rows.row_form import RowForm
from widedeep.pipeline.check.file_heads import head
from widedeep.pipeline.check.first_numbers import numbers_of
from widedeep.pipeline.definition.data_options import DataOptions

# Of a file, at most.
ROWS = 1000
_LONGEST = 40


@dataclass
class FirstRows:
    """What the first rows of a file hold.

    Attributes:
        path: the file.
        rows: how many were read.
        faults: in words, what is wrong with each that can't be used.
        undeclared: columns that the features don't name.
        examples: by key, the first value of each feature, label and weight; None where no row has one.
        labels: the different labels.
        numbers: in 64 bits; None where there is no row.
    """

    path: str
    rows: int = 0
    faults: list[str] = field(default_factory=list)
    undeclared: list[str] = field(default_factory=list)
    examples: dict[str, str | None] = field(default_factory=dict)
    labels: list[float] = field(default_factory=list)
    numbers: FileNumbers | None = None


def first_rows(
    path: str, data: DataOptions, spec: FeatureSpec, labelled: bool, query: Query | None = None
) -> FirstRows:
    """Reads them.

    Args:
        path: the file, or what stands for the query.
        data: how it is written, and split.
        spec: the declaration.
        labelled: whether its rows have label and weight.
        query: that gives the rows instead of a file.

    Raises:
        DataError: the file can't be read, or lacks a column.
    """
    undeclared: set[str] = set()
    rule, reader = _row_reader(data, spec, labelled)
    asked_by = {name: by for name, by in reader.beside.items() if by and labelled}
    opened = head(path, data.format, data.dialect) if query is None else nullcontext((path, data.dialect))
    with opened as (copy, dialect):
        form = RowForm(spec, data.format, dialect, tuple(asked_by), labelled)
        folders = {name: value for name, value in reader.constants(copy).items() if name in form.needed}
        wanted = WantedColumns(
            path=copy,
            needed=form.needed,
            in_folders=folders.keys(),
            dialect=dialect,
            undeclared=undeclared,
            separators=form.separators,
            words=form.words,
            numbers=form.numbers,
            asked_by={name: by for name, by in asked_by.items() if name not in spec.columns.values()},
            query=query,
        )
        with closing(blocks(data.format, wanted)) as read_blocks:
            block = next((each for each in read_blocks if each.num_rows), None)
        if block is None:
            return FirstRows(path, faults=[f"{path}: {NO_ROWS if query is None else NO_RESULT}"])
        raw = block.slice(0, ROWS)
        read = rows_of(raw, form, path, 0, folders)
        unlabelled, unsplit = _unlabelled(path, read, spec), _unsplit(path, raw, rule)
    return FirstRows(
        path,
        raw.num_rows,
        [fault.text for fault in sorted([*read.faults, *unlabelled, *unsplit], key=lambda fault: fault.row)],
        sorted(undeclared),
        _examples(raw, spec, folders),
        np.unique(read.label[~np.isnan(read.label)]).tolist() if read.label is not None else [],
        numbers_of(path, raw, spec, labelled),
    )


def _row_reader(data: DataOptions, spec: FeatureSpec, labelled: bool) -> tuple[Rule, RowReader]:
    """How rows are spread over splits, and what reads them for it."""
    options = IngestOptions(
        features=features.to_json(spec),
        format=data.format,
        labelled=labelled,
        hash_by=data.hash_by,
        split_by_time=data.split_by_time,
        negatives=data.negatives,
    )
    # Whether into two or more makes no difference.
    rule = options.rule([1, 2])
    return rule, options.reader(rule)


def _unsplit(path: str, raw: pa.RecordBatch, rule: Rule) -> list[RowFault]:
    """The first row whose split can't be told."""
    if rule.column is None or rule.column not in raw.schema.names:
        return []
    try:
        rule.splits(Batch([b""] * raw.num_rows, {rule.column: raw.column(rule.column)}, Seen()))
    except BadValueError as error:
        return [RowFault.of(path, 0, rule.column, error)]
    return []


def _unlabelled(path: str, read: Rows, spec: FeatureSpec) -> list[RowFault]:
    """A row without a label can be scored, and teaches nothing."""
    if read.label is None:
        return []
    missing = [
        BadValueError(int(number) - 1, None, "is missing: each row needs its label")
        for number in read.numbers[np.isnan(read.label)]
    ]
    return [RowFault.of(path, 0, spec.columns[spec.label.key], error) for error in missing]


def _examples(raw: pa.RecordBatch, spec: FeatureSpec, folders: dict[str, str | None]) -> dict[str, str | None]:
    return {key: _example(raw, name, folders) for key, name in spec.columns.items()}


def _example(raw: pa.RecordBatch, name: str, folders: dict[str, str | None]) -> str | None:
    if name not in raw.schema.names:
        return folders.get(name)
    values = raw.column(name).drop_null()
    texts = (_text(value.as_py()) for value in values)
    return next((text for text in texts if text), None)


def _text(value: Any) -> str:
    if isinstance(value, list):
        text = "|".join(map(_text, value))
    elif isinstance(value, bytes):
        text = value.decode(errors="replace")
    else:
        text = str(value)
    if not text.isprintable():
        text = shown(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
