"""The labels and weights of rows that are measured while they are scored."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from widedeep.components.ingest.arrow_columns import to_lists
from widedeep.components.ingest.scalars import BadValueError
from widedeep.components.scoring.rows.faults import converted
from widedeep.components.scoring.rows.row_form import RowForm


def labels(raw: pa.RecordBatch, form: RowForm) -> tuple[np.ndarray, list[BadValueError]]:
    """The labels, float64 [n], NaN where a row has none, and those that are no label."""
    label = form.spec.label
    column = raw.column(form.spec.columns[label.key])
    there = pa.array(np.flatnonzero(~_absent(column)))
    lists, bad = converted(column.take(there), partial(to_lists, kind=label, separator="|"))
    numbers = np.full(raw.num_rows, np.nan)
    numbers[there.to_numpy()] = _numbers(lists)
    places = there.to_pylist()
    return numbers, [BadValueError(places[error.index], error.value, error.fault) for error in bad]


def weights(raw: pa.RecordBatch, form: RowForm) -> tuple[np.ndarray, list[BadValueError]]:
    """The weights, float64 [n], 1 where a row has none, and those that are no number."""
    if form.spec.weight is None:
        return np.ones(raw.num_rows), []
    column = raw.column(form.spec.columns[form.spec.weight])
    lists, bad = converted(column, partial(to_lists, kind="numeric", separator="|"))
    return np.nan_to_num(_numbers(lists), nan=1.0), bad


def _numbers(lists: pa.ListArray) -> np.ndarray:
    """float64 [n] of lists of one number; NaN where there is none."""
    numbers = np.full(len(lists), np.nan)
    numbers[pc.is_valid(lists).to_numpy(zero_copy_only=False)] = lists.flatten().to_numpy(zero_copy_only=False)
    return numbers


def _absent(column: pa.Array) -> np.ndarray:
    """Bool [n]: whether a row has no value, whatever the format writes for that."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        absent = pc.equal(pc.fill_null(pc.list_value_length(column), 0), 0)
    elif pa.types.is_string(column.type) or pa.types.is_binary(column.type) or pa.types.is_large_string(column.type):
        absent = pc.equal(pc.fill_null(pc.binary_length(column), 0), 0)
    else:
        absent = pc.is_null(column, nan_is_null=True)
    return np.asarray(absent.to_numpy(zero_copy_only=False), bool)
