"""Raw columns as a model's tf.Examples hold them, and what goes with each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from widedeep.components.common.errors import DataError
from widedeep.components.features.spec import Kind
from widedeep.components.ingest.arrow_columns import narrowed, rest_of, to_lists
from widedeep.components.ingest.csv_files import hints
from widedeep.components.ingest.labels.label_hints import of_label
from widedeep.components.ingest.scalars import BadValueError
from widedeep.components.ingest.wanted_columns import BrokenRow
from widedeep.components.scoring.rows.faults import Conversion, RowFault, converted
from widedeep.components.scoring.rows.labels import labels, weights
from widedeep.components.scoring.rows.raw_columns import raw_column
from widedeep.components.scoring.rows.row_form import RowForm

_MISSING = "is missing, and the model needs it (`required: true` in its features)"


@dataclass(frozen=True)
class Rows:
    """Some rows.

    Attributes:
        numbers: int64 [n], of the rows that can be scored: from 1 in their file.
        batch: their list columns, as tf.Examples hold them.
        kept: their raw columns that go with the scores, by name.
        label: float64 [n], NaN where a row has none; None where labels aren't read.
        weight: float64 [n].
        faults: of each other row the first, rising.
        aside: these rows' raw columns.
    """

    numbers: np.ndarray
    batch: pa.RecordBatch
    kept: dict[str, pa.Array]
    label: np.ndarray | None
    weight: np.ndarray
    faults: list[RowFault] = field(default_factory=list)
    aside: pa.RecordBatch | None = None


def rows_of(
    raw: pa.RecordBatch,
    form: RowForm,
    path: str,
    before: int,
    constant: Mapping[str, str | None] | None = None,
    broken: Sequence[BrokenRow] = (),
) -> Rows:
    """What raw columns hold.

    Args:
        raw: the columns in the types of the file's format; one that is not there is missing in every row.
        form: how they are written.
        path: where they are from, for errors.
        before: rows of the file before these.
        constant: columns that the file lacks, with the value that they have in every row.
        broken: rows among them that could not be told apart into columns.

    Raises:
        DataError: a column's type can't hold its feature at all.
    """
    faults = {each.row - before - 1: RowFault.of_row(path, each) for each in broken}
    return _Conversion(_completed(raw, form, constant or {}), form, path, before, faults).rows()


def _completed(raw: pa.RecordBatch, form: RowForm, constant: Mapping[str, str | None]) -> pa.RecordBatch:
    for name in form.needed:
        if name not in raw.schema.names:
            value = pa.scalar(constant.get(name), pa.string())
            raw = raw.append_column(name, pa.repeat(value, raw.num_rows))
    return raw


class _Conversion:
    """Of some rows."""

    def __init__(self, raw: pa.RecordBatch, form: RowForm, path: str, before: int, faults: dict[int, RowFault]) -> None:
        self._raw, self._form, self._path, self._before, self._faults = raw, form, path, before, faults

    def rows(self) -> Rows:
        spec = self._form.spec
        arrays: dict[str, pa.Array] = {}
        for feature in spec.features:
            name = spec.columns[feature.key]
            convert = partial(to_lists, kind=feature.kind, separator=feature.separator, unit=feature.unit)
            lists = self._lists(name, convert, feature.kind)
            if feature.required:
                missing = pc.indices_nonzero(pc.is_null(lists)).to_pylist()
                self._note(name, [BadValueError(index, None, _MISSING) for index in missing])
            arrays[feature.key] = narrowed(lists)
            if feature.rest:
                arrays[feature.rest] = rest_of(lists)
        label, weight = self._measured()
        return self._sorted_out(pa.RecordBatch.from_pydict(arrays), self._kept(), label, weight)

    def _lists(self, name: str, convert: Conversion, kind: Kind) -> pa.ListArray:
        try:
            lists, bad = converted(self._raw.column(name), convert)
        except DataError as error:
            raise DataError(f"{self._path}: column '{name}' {error}.") from None
        for fault in bad:
            self._note(name, [fault], hints.of_value(fault.value, kind, self._form.file_format))
        return lists

    def _measured(self) -> tuple[np.ndarray | None, np.ndarray]:
        spec = self._form.spec
        if not self._form.labelled:
            return None, np.ones(self._raw.num_rows)
        label, bad = labels(self._raw, self._form)
        for fault in bad:
            self._note(spec.columns[spec.label.key], [fault], of_label(fault.value, spec.label))
        weight, bad = weights(self._raw, self._form)
        if spec.weight:
            self._note(spec.columns[spec.weight], bad)
        return label, weight

    def _kept(self) -> dict[str, pa.Array]:
        sets = {self._form.spec.columns[each.key] for each in self._form.spec.features if each.kind == "set"}
        columns = {}
        for name in self._form.keep:
            single = self._form.file_format == "tfrecord" and name not in sets
            columns[name], bad = raw_column(self._raw.column(name), single)
            self._note(name, bad)
        return columns

    def _note(self, name: str, bad: list[BadValueError], hint: str = "") -> None:
        for error in bad:
            self._faults.setdefault(error.index, RowFault.of(self._path, self._before, name, error, hint))

    def _sorted_out(
        self, batch: pa.RecordBatch, columns: dict[str, pa.Array], label: np.ndarray | None, weight: np.ndarray
    ) -> Rows:
        rows = self._raw.num_rows
        numbers = np.arange(self._before + 1, self._before + 1 + rows)
        if not self._faults:
            return Rows(numbers, batch, columns, label, weight)
        bad = np.zeros(rows, bool)
        bad[list(self._faults)] = True
        chosen = pa.array(np.flatnonzero(~bad))
        return Rows(
            numbers[~bad],
            batch.take(chosen),
            {name: column.take(chosen) for name, column in columns.items()},
            None if label is None else label[~bad],
            weight[~bad],
            [self._faults[index] for index in sorted(self._faults)],
            self._raw.take(pa.array(np.flatnonzero(bad))),
        )
