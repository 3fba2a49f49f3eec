"""The values of a batch of raw rows, each different one kept once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf

from widedeep.components.explain.boundaries import Boundaries, range_text
from widedeep.components.features.spec import Feature, FeatureSpec
from widedeep.components.ingest.arrow_columns import with_rest
from widedeep.components.transform.times.time_parts import time_parts


@dataclass(frozen=True)
class Values:
    """One feature's values: in row `rows[i]` of the batch stands `words[codes[i]]`.

    Attributes:
        rows: int64 [n], rising.
        codes: int64 [n].
        words: the different values, as ids are made of them: of a numeric feature its buckets' numbers.
        names: the same, as people know them: of a numeric feature its buckets' ranges.
    """

    rows: np.ndarray
    codes: np.ndarray
    words: list[bytes]
    names: list[bytes]

    @property
    def tensor(self) -> tf.Tensor:
        """`words` as a string tensor."""
        return tf.constant(self.words, tf.string)


class Batch:
    """Raw rows as `widedeep.components.ingest.raw_files` reads them."""

    def __init__(self, records: pa.RecordBatch, spec: FeatureSpec, boundaries: Boundaries) -> None:
        """Takes the rows.

        Args:
            records: a list column each feature, and the label's.
            spec: the declaration.
            boundaries: of the bucketised numeric features, from `bucket_boundaries`.
        """
        self._records, self._spec, self._boundaries = records, spec, boundaries
        self._values: dict[str, Values] = {}
        self._parts: dict[str, np.ndarray] | None = None
        self.count: int = records.num_rows
        # Every row has one label: the readers see to it.
        self.label = records.column(spec.label.key).flatten().to_numpy().astype(np.float64)

    def values(self, key: str) -> Values:
        """A feature's values, without missing ones; a set holds each value once."""
        if key not in self._values:
            feature = self._spec.inputs[key]
            column = self._part(key) if key in self._spec.parts else self._number_or_strings(feature)
            self._values[key] = (
                _buckets(column, self._boundaries[key]) if feature.kind == "numeric" else _strings(column, feature)
            )
        return self._values[key]

    def _number_or_strings(self, feature: Feature) -> pa.ListArray:
        column = self._records.column(feature.key)
        if feature.rest:
            return with_rest(column.cast(pa.list_(pa.float64())), self._records.column(feature.rest))
        return column

    def _part(self, key: str) -> pa.ListArray:
        """A part of a time, by the operations that Transform's graph is made of."""
        if self._parts is None:
            times = [time for time in self._spec.features if time.kind == "time"]
            names = [name for time in times for name in (time.key, time.rest) if name]
            raw = {name: _sparse(self._records.column(name), self.count) for name in names}
            self._parts = {part: values.numpy() for part, values in time_parts(self._spec, raw).items()}
        numbers = self._parts[key]
        return pa.array([[] if np.isnan(number) else [number] for number in numbers], pa.list_(pa.float32()))


def _sparse(column: pa.ListArray, rows: int) -> tf.SparseTensor:
    """Numbers as Transform reads them, float32 [rows, 1]."""
    numbers = column.flatten().to_numpy(zero_copy_only=False).astype(np.float32)
    places = pc.list_parent_indices(column).to_numpy().astype(np.int64)
    return tf.SparseTensor(np.stack([places, np.zeros_like(places)], axis=1), numbers, [rows, 1])


def _strings(column: pa.ListArray, feature: Feature) -> Values:
    encoded = column.flatten().dictionary_encode()
    rows, codes = pc.list_parent_indices(column).to_numpy(), encoded.indices.to_numpy().astype(np.int64)
    words = encoded.dictionary.to_pylist()
    if feature.kind == "set" and len(words):
        rows, codes = np.divmod(np.unique(rows * len(words) + codes), len(words))
    return Values(rows, codes, words, words)


def _buckets(column: pa.ListArray, boundaries: np.ndarray) -> Values:
    numbers = column.flatten().to_numpy()
    codes = np.searchsorted(boundaries, numbers, side="right").astype(np.int64)
    buckets = range(len(boundaries) + 1)
    words = [str(bucket).encode() for bucket in buckets]
    names = [range_text(boundaries, bucket).encode() for bucket in buckets]
    return Values(pc.list_parent_indices(column).to_numpy(), codes, words, names)
