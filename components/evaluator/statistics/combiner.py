"""Tallies in TFMA's own pass: from the same batches and scores, beside its metrics."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis import evaluators, writers
from tensorflow_model_analysis.extractors import predictions_extractor

from widedeep.components import features
from widedeep.components.evaluator.measurement import BASELINE, CANDIDATE, CHANGE, WHOLE
from widedeep.components.evaluator.statistics.accumulator import GROUPS, Batch, Tally
from widedeep.components.evaluator.statistics.curves import curves
from widedeep.components.evaluator.statistics.jackknife import replicates, standard_error
from widedeep.components.evaluator.tfma_config import SCORE_KEY
from widedeep.components.features.spec import FeatureSpec

_KEY = "tallies"
Tallies = dict[tuple[str, str], Tally]


def tally_evaluator(spec: FeatureSpec) -> evaluators.Evaluator:
    """A TFMA evaluator that tallies each slice and model."""
    return evaluators.Evaluator(
        stage_name="Tally",
        # Here the rows are still in batches.
        run_after=predictions_extractor.PREDICTIONS_EXTRACTOR_STAGE_NAME,
        ptransform=_Tallied(features.to_json(spec)),
    )


def tally_writer(errors: str, plots: str, confidence: float) -> writers.Writer:
    """Writes what follows from the tallies, as JSON, into two files.

    Args:
        errors: file of what `facts` returns.
        plots: file of what `curves` returns.
        confidence: of the intervals in the plots.
    """

    def write(tallies: Tallies) -> None:
        whole = {
            model: tally
            for (part, model), tally in tallies.items()
            if part == WHOLE and not (model == BASELINE and tally.broken)
        }
        for path, content in ((errors, facts(tallies)), (plots, curves(whole, confidence))):
            with tf.io.gfile.GFile(path, "w") as file:
                file.write(json.dumps(content, allow_nan=False))

    return writers.Writer("WriteTallies", writers.Write(_KEY, beam.Map(write)))


def facts(tallies: Tallies) -> dict[str, Any]:
    """What TFMA does not tell.

    Returns:
        "broken": by model the rows whose score is no number; "alike": the slices all of whose rows have one label, by
        name, and that label; "errors": see `standard_errors`.
    """
    candidates = {part: tally for (part, model), tally in tallies.items() if model == CANDIDATE}
    return {
        "broken": {model: tally.broken for (part, model), tally in tallies.items() if part == WHOLE},
        "alike": {part: float(tally.least) for part, tally in candidates.items() if tally.least == tally.most},
        "errors": standard_errors(tallies),
    }


def standard_errors(tallies: Tallies) -> dict[str, dict[str, dict[str, float | None]]]:
    """By slice, then by model and for the candidate's change from the baseline, each metric's; null where undefined."""
    found: dict[str, dict[str, dict[str, float | None]]] = {}
    for part in dict.fromkeys(part for part, _ in tallies):
        each = {model: replicates(tallies[part, model]) for model in (CANDIDATE, BASELINE) if (part, model) in tallies}
        if BASELINE in each:
            each[CHANGE] = {name: each[CANDIDATE][name] - each[BASELINE][name] for name in each[CANDIDATE]}
        found[part] = {
            model: {name: _or_null(standard_error(values)) for name, values in metrics.items()}
            for model, metrics in each.items()
        }
    return found


def _or_null(number: float) -> float | None:
    return number if np.isfinite(number) else None


class _Tallied(beam.PTransform):
    def __init__(self, spec: str) -> None:
        super().__init__()
        self._spec = spec

    def expand(self, extracts: beam.PCollection) -> dict[str, beam.PCollection]:
        return {_KEY: extracts | beam.CombineGlobally(_Combine(self._spec))}


class _Combine(beam.CombineFn):
    """Adds batches up."""

    def __init__(self, spec: str) -> None:
        super().__init__()
        self._spec = features.from_json(spec)

    def create_accumulator(self) -> Tallies:
        return {}

    def add_input(self, tallies: Tallies, extracts: dict[str, Any]) -> Tallies:
        serialized = np.asarray(extracts[tfma.INPUT_KEY]).ravel()
        read = self._read(serialized)
        group = tf.strings.to_hash_bucket_fast(serialized, GROUPS).numpy()
        slices = self._slices(read)
        predictions = extracts[tfma.PREDICTIONS_KEY]
        for model, outputs in (predictions if CANDIDATE in predictions else {CANDIDATE: predictions}).items():
            score = np.asarray(outputs[SCORE_KEY]).reshape(serialized.size, -1)
            if self._spec.label.kind != "multiclass":
                score = score[:, 0]
            batch = Batch(read[self._spec.label.key], score, self._weight(read, serialized.size), group)
            self._tally(tallies, WHOLE, model).add(batch)
            for name, chosen in slices.items():
                self._tally(tallies, name, model).add(batch.of(chosen))
        return tallies

    def merge_accumulators(self, accumulators: Iterable[Tallies]) -> Tallies:
        merged: Tallies = {}
        for tallies in accumulators:
            for (part, model), tally in tallies.items():
                self._tally(merged, part, model).merge(tally)
        return merged

    def extract_output(self, tallies: Tallies) -> Tallies:
        return tallies

    def _tally(self, tallies: Tallies, part: str, model: str) -> Tally:
        return tallies.setdefault((part, model), Tally(self._spec.label, whole=part == WHOLE))

    def _read(self, serialized: np.ndarray) -> dict[str, np.ndarray]:
        """Label, weight, and the features that are sliced by, of a batch; "" where a feature is missing."""
        label = tf.float32 if self._spec.label.kind == "regression" else tf.int64
        wanted = {self._spec.label.key: tf.io.FixedLenFeature([], label)}
        if self._spec.weight:
            wanted[self._spec.weight] = tf.io.FixedLenFeature([], tf.float32)
        for feature in self._spec.features:
            if feature.slice:
                wanted[feature.key] = tf.io.FixedLenFeature([], tf.string, default_value="")
        return {key: values.numpy() for key, values in tf.io.parse_example(serialized, wanted).items()}

    def _weight(self, read: dict[str, np.ndarray], rows: int) -> np.ndarray:
        return read[self._spec.weight] if self._spec.weight else np.ones(rows)

    def _slices(self, read: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """A mask for each value in the batch, by "feature=value"."""
        found = {}
        for feature in self._spec.features:
            if feature.slice:
                for value in set(read[feature.key]) - {b""}:
                    found[f"{feature.key}={value.decode(errors='replace')}"] = read[feature.key] == value
        return found
