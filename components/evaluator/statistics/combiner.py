"""Our statistics of all rows in one pass, handed to TFMA's writers and to one of our own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import apache_beam as beam
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis import writers

from widedeep.components.common.records import Number
from widedeep.components.evaluator.measurement import BASELINE, CANDIDATE, CHANGE, WHOLE, RowStatistics
from widedeep.components.evaluator.statistics.count_rows import Accumulators, Counted, CountRows
from widedeep.components.evaluator.statistics.curves import plots
from widedeep.components.evaluator.statistics.jackknife import replicates, standard_error
from widedeep.components.evaluator.statistics.metric_values import tfma_metrics
from widedeep.components.evaluator.statistics.scored_files import CountFiles
from widedeep.components.evaluator.statistics.supports import base_comparison, supports

_KEY = "statistics"


class Measure(beam.PTransform):
    """Files of raw rows to an evaluation as TFMA's writers take it: each metric by slice, and the accumulators."""

    def __init__(self, models: Mapping[str, str], count: CountRows, weighted: bool) -> None:
        """Says what is measured.

        Args:
            models: folders of the SavedModels by name.
            count: of the declaration that the rows follow.
            weighted: whether rows have weights.
        """
        super().__init__()
        self._models, self._count, self._weighted = models, count, weighted

    def expand(self, files: beam.PCollection) -> dict[str, beam.PCollection]:
        """Counts each file by itself."""
        counted = (
            files
            | "Spread" >> beam.Reshuffle()
            | "Count" >> beam.ParDo(CountFiles(self._models, self._count))
            | "All" >> beam.CombineGlobally(_Sum(self._count))
        )
        return {_KEY: counted, tfma.METRICS_KEY: counted | "Metrics" >> beam.FlatMap(tfma_metrics, self._weighted)}


class _Sum(beam.CombineFn):
    def __init__(self, count: CountRows) -> None:
        super().__init__()
        self._count = count

    def create_accumulator(self) -> Counted:
        return self._count.nothing()

    def add_input(self, accumulator: Counted, element: Counted) -> Counted:
        return self._count.merge([accumulator, element])

    def merge_accumulators(self, accumulators: Iterable[Counted]) -> Counted:
        return self._count.merge(accumulators)

    def extract_output(self, accumulator: Counted) -> Accumulators:
        return self._count.result(accumulator)


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
