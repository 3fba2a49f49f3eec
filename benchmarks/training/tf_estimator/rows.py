"""Parquet rows as arrays that tf.estimator can read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

Moments = tuple[float, float]


def read(folder: Path, declared: Mapping[str, Any]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """A split's features and its labels.

    Returns:
        float32 [rows] of a number, NaN where it is missing; bytes [rows] of a string; bytes [rows, longest] of a set;
        and int32 labels [rows].
    """
    label = declared["label"]["key"]
    kinds = {feature["key"]: feature["kind"] for feature in declared["features"]}
    table = pq.read_table(folder, columns=[*kinds, label])
    columns = {key: _column(kind, table.column(key)) for key, kind in kinds.items()}
    return columns, table.column(label).to_numpy().astype(np.int32)


def _column(kind: str, column: Any) -> np.ndarray:
    if kind == "numeric":
        numbers: np.ndarray = column.to_numpy().astype(np.float32)
        return numbers
    if kind == "set":
        return padded(column.to_pylist())
    return np.array([(value or "").encode() for value in column.to_pylist()], dtype=object)


def padded(sets: list[list[str]]) -> np.ndarray:
    """Bytes [rows, longest]: rows with fewer members end in b"", which tf.estimator leaves out."""
    array = np.full((len(sets), max(map(len, sets))), b"", dtype=object)
    for row, members in zip(array, sets, strict=True):
        row[: len(members)] = [member.encode() for member in members]
    return array


def fill(columns: dict[str, np.ndarray], moments: Mapping[str, Moments] | None = None) -> dict[str, Moments]:
    """Puts the mean where a number is missing, since tf.feature_column knows no missing values.

    Args:
        columns: from `read`; changed in place.
        moments: of the split that was trained on; None on that split itself.

    Returns:
        Mean and standard deviation of each number.
    """
    filled = {} if moments is None else dict(moments)
    for key, column in columns.items():
        if column.dtype == np.float32:
            mean, _ = filled.setdefault(key, (float(np.nanmean(column)), float(np.nanstd(column))))
            column[np.isnan(column)] = mean
    return filled
