"""The statistics of all rows in one pass, and what TFMA writes of them as its metrics."""

from __future__ import annotations

import apache_beam as beam
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis import evaluators, writers

from widedeep.components import features
from widedeep.components.common.records import Number
from widedeep.components.evaluator.accumulation.base_rates import Rates
from widedeep.components.evaluator.accumulation.count_rows import Accumulators, CountRows
from widedeep.components.evaluator.measurement import BASELINE, CANDIDATE, CHANGE, WHOLE, RowStatistics
from widedeep.components.evaluator.statistics.curves import plots
from widedeep.components.evaluator.statistics.jackknife import replicates, standard_error
from widedeep.components.evaluator.statistics.metric_values import tfma_metrics
from widedeep.components.evaluator.statistics.supports import base_comparison, supports
from widedeep.components.features.spec import FeatureSpec

_KEY = "statistics"


def statistics_evaluator(spec: FeatureSpec, rates: Rates, group_by: str | None) -> evaluators.Evaluator:
    """A TFMA evaluator of batches, which accumulates the rows of each slice and model.

    Args:
        spec: the feature declaration.
        rates: of the label in what the candidate learned from.
        group_by: the feature whose rows stay together where the jackknife leaves rows out; None: each row by itself.
    """
    return evaluators.Evaluator(
        stage_name="Statistics",
        run_after="",
        ptransform=_Statistics(features.to_json(spec), rates, group_by, weighted=spec.weight is not None),
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
    def __init__(self, spec: str, rates: Rates, group_by: str | None, weighted: bool) -> None:
        super().__init__()
        self._spec, self._rates, self._group_by, self._weighted = spec, rates, group_by, weighted

    def expand(self, extracts: beam.PCollection) -> dict[str, beam.PCollection]:
        counted = extracts | beam.CombineGlobally(CountRows(self._spec, self._rates, self._group_by))
        return {_KEY: counted, tfma.METRICS_KEY: counted | "Metrics" >> beam.FlatMap(tfma_metrics, self._weighted)}
