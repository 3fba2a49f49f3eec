"""Adds up batches of rows, by slice and model: all slices in one pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tensorflow_model_analysis as tfma

from widedeep.components import features
from widedeep.components.evaluator.accumulation.accumulator import GROUPS, Accumulator, Batch
from widedeep.components.evaluator.accumulation.base_rates import Rates
from widedeep.components.evaluator.accumulation.repeats import Repeats, Rows
from widedeep.components.evaluator.measurement import CANDIDATE, WHOLE
from widedeep.components.evaluator.tfma_config import SCORE_KEY

# By slice and model.
Accumulators = dict[tuple[str, str], Accumulator]


@dataclass
class _Counted:
    """What a part of the rows has come to; `repeats` is None once they are too many, or are grouped by a feature."""

    accumulators: Accumulators
    repeats: Repeats | None


class CountRows(beam.CombineFn):
    """Adds batches of TFMA's extracts up to the accumulators of each slice and model."""

    def __init__(self, spec: str, rates: Rates, group_by: str | None) -> None:
        super().__init__()
        self._spec, self._rates, self._group_by = features.from_json(spec), rates, group_by

    def create_accumulator(self) -> _Counted:
        """Of no rows."""
        return _Counted({}, Repeats() if self._group_by is None else None)

    def add_input(self, counted: _Counted, extracts: dict[str, Any]) -> _Counted:
        """With the rows of one batch more."""
        serialized = np.asarray(extracts[tfma.INPUT_KEY]).ravel()
        read = self._read(serialized)
        label, weight = read[self._spec.label.key], self._weight(read, serialized.size)
        group = tf.strings.to_hash_bucket_fast(self._unit(read, serialized), GROUPS).numpy()
        predictions = extracts[tfma.PREDICTIONS_KEY]
        batches = {}
        for model, outputs in (predictions if CANDIDATE in predictions else {CANDIDATE: predictions}).items():
            score = np.asarray(outputs[SCORE_KEY]).reshape(serialized.size, -1)
            if self._spec.label.kind != "multiclass":
                score = score[:, 0]
            batches[model] = Batch(label, score, weight, group)
        rows = Rows(batches, self._slices(read))
        if counted.repeats is None:
            self._add(counted.accumulators, rows)
        else:
            counted.repeats.add(serialized, rows)
            self._settle(counted)
        return counted

    def merge_accumulators(self, parts: Iterable[_Counted]) -> _Counted:
        """Of the rows of all parts: the first one, as Beam allows, with the others' rows."""
        merged, *others = parts
        for part in others:
            for (name, model), accumulator in part.accumulators.items():
                self._accumulator(merged.accumulators, name, model).merge(accumulator)
            if merged.repeats is not None and part.repeats is not None:
                merged.repeats.merge(part.repeats)
                self._settle(merged)
                continue
            for repeats in (merged.repeats, part.repeats):
                self._add_all(merged.accumulators, repeats, dealt=False)
            merged.repeats = None
        return merged

    def extract_output(self, counted: _Counted) -> Accumulators:
        """The sums by slice and model."""
        self._add_all(counted.accumulators, counted.repeats, dealt=True)
        return counted.accumulators

    def _settle(self, counted: _Counted) -> None:
        """Leaves each row in the group of its content, where there are many contents."""
        if counted.repeats is not None and counted.repeats.many:
            self._add_all(counted.accumulators, counted.repeats, dealt=False)
            counted.repeats = None

    def _add_all(self, accumulators: Accumulators, repeats: Repeats | None, dealt: bool) -> None:
        for rows in repeats.rows(dealt) if repeats else ():
            self._add(accumulators, rows)

    def _add(self, accumulators: Accumulators, rows: Rows) -> None:
        for model, batch in rows.batches.items():
            self._accumulator(accumulators, WHOLE, model).add(batch)
            for name, chosen in rows.slices.items():
                self._accumulator(accumulators, name, model).add(batch.of(chosen))

    def _accumulator(self, accumulators: Accumulators, name: str, model: str) -> Accumulator:
        return accumulators.setdefault((name, model), Accumulator(self._spec.label, name == WHOLE, self._rates))

    def _read(self, serialized: np.ndarray) -> dict[str, np.ndarray]:
        """Label, weight, and the features that are sliced or grouped by, of a batch; "" where a feature is missing."""
        label = tf.float32 if self._spec.label.kind == "regression" else tf.int64
        columns = {self._spec.label.key: tf.io.FixedLenFeature([], label)}
        if self._spec.weight:
            columns[self._spec.weight] = tf.io.FixedLenFeature([], tf.float32)
        for feature in self._spec.features:
            if feature.slice or feature.key == self._group_by:
                columns[feature.key] = tf.io.FixedLenFeature([], tf.string, default_value="")
        return {key: values.numpy() for key, values in tf.io.parse_example(serialized, columns).items()}

    def _unit(self, read: dict[str, np.ndarray], serialized: np.ndarray) -> np.ndarray:
        """What is left out together with each row: those of its value to group by; where it has none, itself."""
        if self._group_by is None:
            return serialized
        value = read[self._group_by]
        return np.where(value == b"", serialized, value)

    def _weight(self, read: dict[str, np.ndarray], rows: int) -> np.ndarray:
        return read[self._spec.weight] if self._spec.weight else np.ones(rows)

    def _slices(self, read: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """A mask for each value in the batch, by "feature=value"."""
        masks: dict[str, np.ndarray] = {}
        for feature in self._spec.features:
            if feature.slice:
                values, place = np.unique(read[feature.key], return_inverse=True)
                for number, value in enumerate(values.tolist()):
                    if value:
                        name = f"{feature.key}={value.decode(errors='replace')}"
                        masks[name] = masks.get(name, False) | (place == number)
        return masks
