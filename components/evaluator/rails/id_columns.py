"""Raw rows as a sparse matrix of zeros and ones: a column for each value of a feature that was seen often enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy

from widedeep.components.evaluator.rails.split_rows import Column, SplitRows
from widedeep.components.features.spec import FeatureSpec

# What is seen less often has no weight of its own.
_LEAST_ROWS = 2
# Parts of equally many rows that numbers are cut into.
_PARTS = 20
# By feature its values in the order of their columns; of a number the ends of its parts.
_Known: TypeAlias = "pa.Array | np.ndarray"


class IdColumns:
    """The columns, as some rows have them."""

    def __init__(self, spec: FeatureSpec, rows: SplitRows) -> None:
        self._known: dict[str, _Known] = {}
        for feature in spec.features:
            column = rows.column(feature.key)
            if not len(column.values):
                continue
            if feature.is_number:
                numbers = _numbers(column)
                numbers = numbers[np.isfinite(numbers)]
                ends = np.quantile(numbers, np.linspace(0, 1, _PARTS + 1)[1:-1]) if numbers.size else numbers
                self._known[feature.key] = np.unique(ends)
            else:
                counts = pc.value_counts(column.values)
                often = pc.greater_equal(counts.field("counts"), _LEAST_ROWS)
                self._known[feature.key] = counts.field("values").filter(often)

    def matrix(self, rows: SplitRows) -> scipy.sparse.csr_matrix:
        """The rows: float32 [n, columns]; a value that is not known is left out."""
        places: list[np.ndarray] = []
        columns: list[np.ndarray] = []
        width = 0
        for key, known in self._known.items():
            column = rows.column(key)
            ids, chosen = _ids(column, known)
            places.append(column.rows[chosen])
            columns.append(ids + width)
            width += len(known) + isinstance(known, np.ndarray)
        index = (_joined(places), _joined(columns))
        return scipy.sparse.csr_matrix((np.ones(index[0].size, np.float32), index), (rows.count, max(width, 1)))


def _ids(column: Column, known: _Known) -> tuple[np.ndarray, np.ndarray]:
    """The ids of the values that are known, and which these are."""
    if not len(column.values):
        return np.zeros(0, np.int64), np.zeros(0, bool)
    if isinstance(known, np.ndarray):
        return np.searchsorted(known, _numbers(column), side="right"), np.ones(len(column.values), bool)
    places = pc.index_in(column.values, value_set=known)
    chosen = places.is_valid().to_numpy(zero_copy_only=False)
    return places.drop_null().to_numpy().astype(np.int64), chosen


def _numbers(column: Column) -> np.ndarray:
    return np.asarray(column.values.to_numpy(), np.float64)


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0, np.int64), *parts])
