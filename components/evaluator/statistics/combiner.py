"""Our statistics in TFMA's own pass: from the same batches and scores, beside its metrics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis import evaluators, writers
from tensorflow_model_analysis.extractors import predictions_extractor

from widedeep.components import features
from widedeep.components.common.records import Number
from widedeep.components.evaluator.measurement import BASELINE, CANDIDATE, CHANGE, WHOLE, RowStatistics
from widedeep.components.evaluator.statistics.accumulator import GROUPS, Accumulator, Batch
from widedeep.components.evaluator.statistics.base_rates import Rates
from widedeep.components.evaluator.statistics.curves import plots
from widedeep.components.evaluator.statistics.jackknife import replicates, standard_error
from widedeep.components.evaluator.statistics.supports import base_comparison, supports
from widedeep.components.evaluator.tfma_config import SCORE_KEY
from widedeep.components.features.spec import FeatureSpec

_KEY = "statistics"
# By slice and model.
Accumulators = dict[tuple[str, str], Accumulator]


def statistics_evaluator(spec: FeatureSpec, rates: Rates, group_by: str | None) -> evaluators.Evaluator:
    """A TFMA evaluator that accumulates the rows of each slice and model.

    Args:
        spec: the feature declaration.
        rates: of the label in what the candidate learned from.
        group_by: the feature whose rows stay together where the jackknife leaves rows out; None: each row by itself.
    """
    return evaluators.Evaluator(
        stage_name="Statistics",
        # Here the rows are still in batches.
        run_after=predictions_extractor.PREDICTIONS_EXTRACTOR_STAGE_NAME,
        ptransform=_Statistics(features.to_json(spec), rates, group_by),
    )


def statistics_writer(statistics_path: str, plots_path: str, confidence: float) -> writers.Writer:
    """Writes what follows from the accumulators.

    Args:
        statistics_path: file of the RowStatistics.
        plots_path: file of the Plots.
        confidence: of the intervals in the plots.
    """

    def write(accumulators: Accumulators) -> None:
        whole = {
            model: accumulator
            for (name, model), accumulator in accumulators.items()
            if name == WHOLE and not (model == BASELINE and accumulator.broken)
        }
        row_statistics(accumulators).write(statistics_path)
        plots(whole, confidence).write(plots_path)

    return writers.Writer("WriteStatistics", writers.Write(_KEY, beam.Map(write)))


def row_statistics(accumulators: Accumulators) -> RowStatistics:
    """What TFMA does not tell."""
    candidates = {name: accumulator for (name, model), accumulator in accumulators.items() if model == CANDIDATE}
    return RowStatistics(
        broken={model: accumulator.broken for (name, model), accumulator in accumulators.items() if name == WHOLE},
        alike={name: float(each.least) for name, each in candidates.items() if each.least == each.most},
        errors=standard_errors(accumulators),
        supports={name: supports(each) for name, each in candidates.items()},
        base=base_comparison(candidates[WHOLE]),
    )


def standard_errors(accumulators: Accumulators) -> dict[str, dict[str, dict[str, Number]]]:
    """By slice, then by model and for the candidate's change from the baseline, each metric's; NaN where undefined."""
    errors: dict[str, dict[str, dict[str, Number]]] = {}
    for name in dict.fromkeys(name for name, _ in accumulators):
        by_model = {
            model: replicates(accumulators[name, model])
            for model in (CANDIDATE, BASELINE)
            if (name, model) in accumulators
        }
        if BASELINE in by_model:
            by_model[CHANGE] = {
                metric: by_model[CANDIDATE][metric] - by_model[BASELINE][metric] for metric in by_model[CANDIDATE]
            }
        errors[name] = {
            model: {metric: standard_error(values) for metric, values in metrics.items()}
            for model, metrics in by_model.items()
        }
    return errors


class _Statistics(beam.PTransform):
    def __init__(self, spec: str, rates: Rates, group_by: str | None) -> None:
        super().__init__()
        self._spec, self._rates, self._group_by = spec, rates, group_by

    def expand(self, extracts: beam.PCollection) -> dict[str, beam.PCollection]:
        return {_KEY: extracts | beam.CombineGlobally(_Combine(self._spec, self._rates, self._group_by))}


class _Combine(beam.CombineFn):
    """Adds batches up."""

    def __init__(self, spec: str, rates: Rates, group_by: str | None) -> None:
        super().__init__()
        self._spec, self._rates, self._group_by = features.from_json(spec), rates, group_by

    def create_accumulator(self) -> Accumulators:
        return {}

    def add_input(self, accumulators: Accumulators, extracts: dict[str, Any]) -> Accumulators:
        serialized = np.asarray(extracts[tfma.INPUT_KEY]).ravel()
        read = self._read(serialized)
        group = tf.strings.to_hash_bucket_fast(self._unit(read, serialized), GROUPS).numpy()
        slices = self._slices(read)
        predictions = extracts[tfma.PREDICTIONS_KEY]
        for model, outputs in (predictions if CANDIDATE in predictions else {CANDIDATE: predictions}).items():
            score = np.asarray(outputs[SCORE_KEY]).reshape(serialized.size, -1)
            if self._spec.label.kind != "multiclass":
                score = score[:, 0]
            batch = Batch(read[self._spec.label.key], score, self._weight(read, serialized.size), group)
            self._accumulator(accumulators, WHOLE, model).add(batch)
            for name, chosen in slices.items():
                self._accumulator(accumulators, name, model).add(batch.of(chosen))
        return accumulators

    def merge_accumulators(self, accumulators: Iterable[Accumulators]) -> Accumulators:
        merged: Accumulators = {}
        for partial in accumulators:
            for (name, model), accumulator in partial.items():
                self._accumulator(merged, name, model).merge(accumulator)
        return merged

    def extract_output(self, accumulators: Accumulators) -> Accumulators:
        return accumulators

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
        masks = {}
        for feature in self._spec.features:
            if feature.slice:
                for value in set(read[feature.key]) - {b""}:
                    masks[f"{feature.key}={value.decode(errors='replace')}"] = read[feature.key] == value
        return masks
