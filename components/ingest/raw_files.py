"""Streams one raw file as Arrow batches of checked list columns, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa

from widedeep.components.common.errors import DataError, shown
from widedeep.components.features.spec import FeatureSpec, Kind, Label
from widedeep.components.features.time_parts import Unit, example_unit
from widedeep.components.ingest.arrow_columns import (
    column_kinds,
    narrowed,
    number_columns,
    rest_of,
    to_lists,
    with_rest,
)
from widedeep.components.ingest.csv_files import hints
from widedeep.components.ingest.csv_files.dialect import PLAIN, CsvDialect
from widedeep.components.ingest.csv_files.header import NO_ROWS, NoRowsError
from widedeep.components.ingest.file_blocks import EXAMPLES, blocks
from widedeep.components.ingest.labels.label_hints import of_label
from widedeep.components.ingest.numbers.number_profile import NumberProfile
from widedeep.components.ingest.paths import folder_values
from widedeep.components.ingest.scalars import BadValueError
from widedeep.components.ingest.wanted_columns import BATCH_ROWS, Query, WantedColumns

NO_RESULT = "the query gives no rows."
FORMATS = ("csv", "tsv", "jsonl", "parquet", "tfrecord")


class Rows(NamedTuple):
    """Some rows of a file.

    Attributes:
        before: how many rows of the file stand before them.
        batch: one list column a declared column.
        beside: the raw columns that were asked for, by name.
    """

    before: int
    batch: pa.RecordBatch
    beside: Mapping[str, pa.Array]


@dataclass(frozen=True)
class RowReader:
    """How files of one form are read.

    Attributes:
        file_format: one of FORMATS, EXAMPLES or SQL.
        spec: the declaration.
        labelled: whether the rows have label and weight.
        dialect: of text files.
        beside: columns, declared or not, that are given as they are, too; and who asks for them, for errors.
        positive: whether rows of a file without the label's column are all of label 1.
    """

    file_format: str
    spec: FeatureSpec
    labelled: bool = True
    dialect: CsvDialect = PLAIN
    beside: Mapping[str, str] = field(default_factory=dict)
    positive: bool = False

    def read(
        self,
        path: str,
        undeclared: set[str] | None = None,
        profile: NumberProfile | None = None,
        query: Query | None = None,
    ) -> Iterator[Rows]:
        """Yields up to 8,192 rows at a time, as `read` does.

        Args:
            path: the file, or what stands for the query.
            undeclared: gets the names of the columns that are ignored.
            profile: what sees the numbers in 64 bits.
            query: that gives the rows instead of a file.

        Raises:
            DataError: see `read`.
        """
        folders = self.constants(path)
        wanted = self._wanted(path, set() if undeclared is None else undeclared, query, folders)
        row = 0
        # Closed at once, and not when it is collected: a database waits for it.
        with closing(blocks(self.file_format, wanted)) as read_blocks:
            for raw in (
                block.slice(at, BATCH_ROWS) for block in read_blocks for at in range(0, block.num_rows, BATCH_ROWS)
            ):
                for name in wanted.in_folders:
                    if name not in raw.schema.names:
                        if name not in folder_values(path):
                            wanted.check_meant(name)
                        raw = raw.append_column(name, pa.repeat(pa.scalar(folders[name], pa.string()), raw.num_rows))
                batch = self._converted(path, row, raw, profile)
                yield Rows(row, batch, {name: raw.column(name) for name in self.beside})
                row += raw.num_rows
        if row == 0:
            raise NoRowsError(f"{path}: {NO_ROWS if query is None else NO_RESULT}")

    def constants(self, path: str) -> dict[str, str | None]:
        """The values that all rows of a file have in columns that it lacks."""
        label = self.spec.label
        of_label = {self._name(label.key): label.of_positive} if self.labelled and self.positive else {}
        return of_label | folder_values(path)

    @property
    def _kinds(self) -> dict[str, Kind | Label]:
        kinds = column_kinds(self.spec, self.labelled)
        if self.labelled and self.file_format == EXAMPLES:
            kinds[self.spec.label.key] = self.spec.label.without_rule
        return kinds

    def _name(self, key: str) -> str:
        return key if self.file_format == EXAMPLES else self.spec.columns[key]

    @property
    def _rests(self) -> dict[str, str]:
        return {feature.key: feature.rest for feature in self.spec.features if feature.rest}

    def _wanted(
        self, path: str, undeclared: set[str], query: Query | None, constants: Mapping[str, str | None]
    ) -> WantedColumns:
        rests = self._rests.values() if self.file_format == EXAMPLES else ()
        declared = [*map(self._name, self._kinds), *rests]
        needed = list(dict.fromkeys([*declared, *self.beside]))
        return WantedColumns(
            path=path,
            needed=needed,
            in_folders=[name for name in constants if name in needed],
            dialect=self.dialect,
            undeclared=undeclared,
            asked_by={name: by for name, by in self.beside.items() if name not in declared},
            query=query,
            separators={self._name(each.key): each.separator for each in self.spec.features if each.kind == "set"},
            numbers=number_columns(self.spec, self.labelled),
            words={self._name(each.key) for each in self.spec.features if each.kind == "categorical"},
        )

    def _converted(self, path: str, row: int, raw: pa.RecordBatch, profile: NumberProfile | None) -> pa.RecordBatch:
        separators = {feature.key: feature.separator for feature in self.spec.features}
        units: dict[str, Unit] = {
            each.key: example_unit(each.unit) if self.file_format == EXAMPLES else each.unit
            for each in self.spec.features
        }
        arrays: dict[str, pa.Array] = {}
        for key, kind in self._kinds.items():
            name = self._name(key)
            try:
                lists = to_lists(raw.column(name), kind, separators.get(key, "|"), units.get(key, "s"))
            except BadValueError as error:
                raise value_error(path, row, name, error, _hint(error.value, kind, self.file_format)) from None
            except DataError as error:
                raise DataError(f"{path}: column '{name}' {error}.") from None
            if key in self._rests and self.file_format == EXAMPLES:
                lists = with_rest(lists, raw.column(self._rests[key]))
            if profile:
                profile.add(key, row + 1, lists)
            arrays[key] = narrowed(lists)
            if key in self._rests:
                arrays[self._rests[key]] = rest_of(lists)
        return pa.RecordBatch.from_pydict(arrays)


def _hint(value: object, kind: Kind | Label, file_format: str) -> str:
    return of_label(value, kind) if isinstance(kind, Label) else hints.of_value(value, kind, file_format)


def value_error(path: str, before: int, name: str, error: BadValueError, hint: str = "") -> DataError:
    """What is told of a value that can't be used.

    Args:
        path: the file.
        before: rows of the file before those that the error counts from.
        name: of the column.
        error: the fault.
        hint: what may be done.
    """
    where = f"{path}, row {before + error.index + 1}, column '{name}'"
    value = "the value" if error.value is None else shown(error.value)
    return DataError(f"{where}: {value} {error.fault}{hint}.")


def read(
    path: str,
    file_format: str,
    spec: FeatureSpec,
    labelled: bool = True,
    dialect: CsvDialect = PLAIN,
    undeclared: set[str] | None = None,
    profile: NumberProfile | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yields batches of up to 8,192 rows with one list column a declared column, in the declaration's order.

    A number of 64 bits has two, the number in 32 bits and its rest. The batches' columns are named by keys. The file's
    columns may stand in any order, and others are ignored; one that the file lacks may be the key of a
    folder above it ("dt=2024-01-01/"). Rows that are not `labelled` need neither label nor weight.

    Args:
        path: the file.
        file_format: one of FORMATS, or EXAMPLES.
        spec: the declaration.
        labelled: whether the rows have label and weight.
        dialect: of a text file.
        undeclared: gets the names of the columns that are ignored.
        profile: what sees the numbers in 64 bits.

    Raises:
        NoRowsError: there is no row in it.
        DataError: names the file, the row (counted from 1, a CSV's header not counted), the column, the value
            and what is needed.
    """
    for rows in RowReader(file_format, spec, labelled, dialect).read(path, undeclared, profile):
        yield rows.batch
