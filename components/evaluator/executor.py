"""The Evaluator's work: one pass over the rows for both models, then the verdict."""

from __future__ import annotations

import os
from typing import Any

import apache_beam as beam
import tensorflow_model_analysis as tfma
from tfx.components.evaluator import constants
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact, artifact_utils, standard_component_specs
from tfx.utils import io_utils, path_utils

from widedeep.components import features
from widedeep.components.common.work_items import WorkItems
from widedeep.components.evaluator import baseline_check
from widedeep.components.evaluator.accumulation.scored_files import ScoreFiles
from widedeep.components.evaluator.checks.base_rate import Learned
from widedeep.components.evaluator.evaluation_options import EvaluationOptions
from widedeep.components.evaluator.measurement import BASELINE, CANDIDATE, Measurement, RowStatistics
from widedeep.components.evaluator.plots import PLOTS
from widedeep.components.evaluator.rails.measured_rails import measure_rails
from widedeep.components.evaluator.rails.overtakers import overtakers
from widedeep.components.evaluator.rails.rails_record import RailsRecord
from widedeep.components.evaluator.ranking.measured_lists import Summation, list_summations, with_lists
from widedeep.components.evaluator.results import VERDICT, Evaluation
from widedeep.components.evaluator.statistics.combiner import statistics_evaluator, statistics_writer
from widedeep.components.evaluator.tfma_config import make_config
from widedeep.components.evaluator.tfma_output import read_measurement
from widedeep.components.evaluator.verdict import Verdict, judge
from widedeep.components.examples.split_files import split_files
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.training.training_record import RECORD, TrainingRecord

_STATISTICS = "standard_errors.json"
# Slices with fewer rows say nothing about a model.
MIN_SLICE_ROWS = 50


class Executor(base_beam_executor.BaseBeamExecutor):
    """TFX's Evaluator with intervals, and a verdict of our own."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        """Writes TFMA's output, verdict.json and plots.json, and the blessing."""
        self._log_startup(input_dict, output_dict, exec_properties)
        spec = features.from_json(exec_properties["features"])
        options = EvaluationOptions.model_validate_json(exec_properties["options"])
        uri = artifact_utils.get_single_uri(output_dict[standard_component_specs.EVALUATION_KEY])
        [examples] = input_dict[standard_component_specs.EXAMPLES_KEY]
        files = split_files(examples, options.split)
        baseline = _only(input_dict, standard_component_specs.BASELINE_MODEL_KEY)
        why_left_out = _left_out(baseline, files) if baseline else None
        models = {CANDIDATE: _only(input_dict, standard_component_specs.MODEL_KEY)}
        if baseline and why_left_out is None:
            models[BASELINE] = baseline
        run = artifact_utils.get_single_uri(input_dict["model_run"])
        learned = Learned.of(TrainingRecord.read(os.path.join(run, RECORD)))
        summations = [_row_summation(spec, learned, options, uri), *list_summations(spec, options, uri)]
        self._evaluate(models, spec, files, uri, summations)
        statistics = RowStatistics.read(os.path.join(uri, _STATISTICS))
        if statistics.broken.get(BASELINE):
            why_left_out = _no_comparison(baseline, f"for {statistics.broken[BASELINE]:,} rows its score is no number")
            del models[BASELINE]
        measurement = read_measurement(uri, statistics, options.confidence)
        measurement = with_lists(measurement, spec, options, uri)
        verdict = judge(options, spec.label, measurement, learned)
        rails = measure_rails(_path(models[CANDIDATE]), _train_files(examples), files, spec, options)
        verdict.warnings += overtakers(rails, options) if rails else []
        if why_left_out is not None:
            verdict.warnings.insert(0, why_left_out)
        _evaluation(measurement, verdict, options, rails).write(os.path.join(uri, VERDICT))
        [blessing] = output_dict[standard_component_specs.BLESSING_KEY]
        _bless(blessing, models, not verdict.refusals)
        if "current_component_id" in exec_properties:
            blessing.set_string_custom_property("component_id", exec_properties["current_component_id"])

    def _evaluate(
        self,
        models: dict[str, artifact.Artifact],
        spec: FeatureSpec,
        files: list[str],
        uri: str,
        summations: list[Summation],
    ) -> None:
        """One pass over the rows, whose metrics TFMA writes as its own: its tools read them."""
        config = make_config(spec, has_baseline=BASELINE in models)
        folders = {name: _path(model) for name, model in models.items()}
        # For the paths alone, which TFMA notes: a model is loaded where it scores rows.
        shared = [
            tfma.default_eval_shared_model(
                folders[BASELINE if model.is_baseline else CANDIDATE], model_name=model.name, eval_config=config
            )
            for model in config.model_specs
        ]
        with self._make_beam_pipeline() as pipeline:
            extracts = pipeline | "Files" >> WorkItems(files) | "Score" >> beam.ParDo(ScoreFiles(folders))
            evaluation: dict[str, beam.PCollection] = {}
            for each, _ in summations:
                evaluation |= extracts | each.stage_name >> each.ptransform
            writers = [*tfma.default_writers(uri, shared, config), *(each for _, each in summations)]
            evaluation | "Write" >> tfma.WriteResults(writers=writers)


def _row_summation(spec: FeatureSpec, learned: Learned, options: EvaluationOptions, uri: str) -> Summation:
    """What each row adds to."""
    return (
        statistics_evaluator(spec, learned.rates, options.group_by),
        statistics_writer(os.path.join(uri, _STATISTICS), os.path.join(uri, PLOTS), options.confidence),
    )


def _train_files(examples: artifact.Artifact) -> list[str]:
    has_train = "train" in artifact_utils.decode_split_names(examples.split_names)
    return split_files(examples, "train") if has_train else []


def _only(input_dict: dict[str, Any], key: str) -> Any:
    """The only artifact of an input, None where it is empty."""
    [only] = input_dict.get(key) or [None]
    return only


def _path(model: artifact.Artifact) -> str:
    return str(path_utils.serving_model_path(model.uri, path_utils.is_old_model_artifact(model)))


def _left_out(baseline: artifact.Artifact, files: list[str]) -> str | None:
    """Why the last blessed model can't be compared with, None where it can."""
    wrong = baseline_check.why_not(_path(baseline), files)
    return None if wrong is None else _no_comparison(baseline, wrong)


def _no_comparison(baseline: artifact.Artifact, wrong: str) -> str:
    return (
        f"the last blessed model ({_path(baseline)}) can't score these rows, so nothing was compared with it: {wrong}"
    )


def _evaluation(
    measurement: Measurement, verdict: Verdict, options: EvaluationOptions, rails: RailsRecord | None
) -> Evaluation:
    least = min(MIN_SLICE_ROWS, options.slices.min_rows) if options.slices else MIN_SLICE_ROWS
    large = {name: part for name, part in measurement.slices.items() if part.rows >= least}
    return Evaluation(
        blessed=not verdict.refusals,
        metrics=measurement.whole.values(),
        split=options.split,
        slices={name: part.values() for name, part in large.items()},
        refusals=verdict.refusals,
        warnings=verdict.warnings,
        confidence=options.confidence,
        intervals=measurement.whole.intervals(),
        lists=measurement.lists,
        rails=rails,
        slice_intervals={name: part.intervals() for name, part in large.items()},
    )


def _bless(blessing: artifact.Artifact, models: dict[str, artifact.Artifact], blessed: bool) -> None:
    """TFX's file and properties, by which Pusher and resolvers know."""
    blessing.set_string_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_URI_KEY, models[CANDIDATE].uri)
    blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY, models[CANDIDATE].id)
    if BASELINE in models:
        blessing.set_string_custom_property(constants.ARTIFACT_PROPERTY_BASELINE_MODEL_URI_KEY, models[BASELINE].uri)
        blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_BASELINE_MODEL_ID_KEY, models[BASELINE].id)
    name = constants.BLESSED_FILE_NAME if blessed else constants.NOT_BLESSED_FILE_NAME
    io_utils.write_string_file(os.path.join(blessing.uri, name), "")
    value = constants.BLESSED_VALUE if blessed else constants.NOT_BLESSED_VALUE
    blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, value)
