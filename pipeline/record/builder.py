"""Reads what came of a run from the metadata and the artifacts. (Apart from `Summary`, which needs no TensorFlow.)"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from widedeep.components.common.errors import RecordError
from widedeep.components.dryrun.dry_run_record import RECORD as DRY_RUN
from widedeep.components.dryrun.dry_run_record import DryRunRecord
from widedeep.components.evaluator import results
from widedeep.components.evaluator.evaluation_options import EvaluationOptions
from widedeep.components.explain.importance_record import ImportanceRecord
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.gate.gate_verdict import VERDICT as GATE
from widedeep.components.gate.gate_verdict import GateVerdict
from widedeep.components.ingest.numbers import number_files
from widedeep.components.metadata.artifacts import outputs
from widedeep.components.metadata.connection import open_store
from widedeep.components.metadata.lineage import inputs
from widedeep.components.metadata.properties import DESTINATION, REFUSED
from widedeep.components.pusher import version_info
from widedeep.components.trainer.training.training_record import RECORD as TRAINING
from widedeep.components.trainer.training.training_record import TrainingRecord
from widedeep.components.tuner.trials import FILE as TRIALS
from widedeep.components.tuner.trials import Trials
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.local.runner import LocalRun
from widedeep.pipeline.record.data_profile import profile
from widedeep.pipeline.record.feature_importance import feature_importance
from widedeep.pipeline.record.origins import origins
from widedeep.pipeline.record.strongest_weights import Strongest, strongest
from widedeep.pipeline.record.summary import Intervals, NodeRecord, Summary
from widedeep.pipeline.record.vocabulary_use import with_vocabulary_use
from widedeep.pipeline.versions.listing import superseded_by


def summarise(run: LocalRun, folder: Path, spec: FeatureSpec, config: PipelineConfig) -> Summary:
    """Reads what a finished run left.

    Args:
        run: the run, all of whose nodes have ended well.
        folder: the run's folder.
        spec: the feature declaration.
        config: the settings.
    """
    with open_store(run.connection) as store:
        made = {node.id: outputs(store, node.execution_id) for node in run.nodes if node.execution_id}
        examples = _trained_on(store, made["Transform"]["transform_graph"].id)
    evaluation = results.read(made["Evaluator"]["evaluation"].uri)
    training = TrainingRecord.read(os.path.join(made["Trainer"]["model_run"].uri, TRAINING))
    pushed = made["Pusher"]["pushed_model"].custom_properties
    dry_run = DryRunRecord.read(os.path.join(made["DryRun"]["blessing"].uri, DRY_RUN)) if "DryRun" in made else None
    failed = dry_run.refusals if dry_run else []
    refused = [pushed[REFUSED].string_value] if REFUSED in pushed else []
    verdict = GateVerdict.read(os.path.join(made["DataGate"]["verdict"].uri, GATE))
    lineage = version_info.read_lineage(Path(made["Pusher"]["pushed_model"].uri))
    pushed_to = pushed[DESTINATION].string_value if pushed["pushed"].int_value else None
    model = made["Trainer"]["model"].uri
    before = _before(run, model)
    weighing = _strongest(before, model, examples)
    return Summary(
        run_id=run.run_id,
        pipeline=run.pipeline.pipeline_info.id,
        settings=config.model_dump(mode="json", by_alias=True),
        declaration=spec.model_dump(mode="json", by_alias=True),
        components=_node_records(run),
        metrics=evaluation.metrics,
        split=evaluation.split,
        slices=evaluation.slices,
        blessed=made["Evaluator"]["blessing"].custom_properties["blessed"].int_value == 1
        and not failed
        and not refused,
        refusals=evaluation.refusals + failed + refused,
        warnings=verdict.warnings + number_files.warnings(examples),
        notes=verdict.notes,
        pushed_to=pushed_to,
        superseded_by=superseded_by(pushed_to),
        training=training.curve,
        training_note=training.note,
        crosses=training.crosses,
        wide=training.wide,
        base=training.base,
        log=str(folder / "log.txt"),
        report=str(folder / "report.html"),
        dry_run=dry_run,
        unsettled=evaluation.warnings,
        intervals=Intervals(
            confidence=evaluation.confidence, whole=evaluation.intervals, slices=evaluation.slice_intervals
        ),
        lists=evaluation.lists,
        rails=evaluation.rails,
        importance=_importance(before, model, made["ExampleGen"]["examples"].uri, spec, config.evaluation),
        plots=results.read_plots(made["Evaluator"]["evaluation"].uri),
        model=model,
        features=with_vocabulary_use(
            profile(made["StatisticsGen"]["statistics"].uri, verdict.distances, spec),
            made["ExampleGen"]["examples"].uri,
            made["Transform"]["transform_graph"].uri,
            spec,
        ),
        strongest=weighing.weights,
        strongest_rows=weighing.rows,
        all_rows_counted=weighing.all_rows,
        lineage=origins(run.run_id, lineage),
        tuning=Trials.read(os.path.join(made["Tuner"]["tuner_results"].uri, TRIALS)) if "Tuner" in made else None,
    )


def _node_records(run: LocalRun) -> list[NodeRecord]:
    first = min((node.started for node in run.nodes), default=0.0)
    return [
        NodeRecord(id=node.id, state=node.state, seconds=round(node.seconds, 2), started=round(node.started - first, 2))
        for node in run.nodes
    ]


def _trained_on(store: Any, transform_graph: int) -> list[str]:
    """What Transform has learned from: ExampleGen's outputs, one a span."""
    return [artifact.uri for artifact in inputs(store, transform_graph, "examples")]


def _before(run: LocalRun, model: str) -> Summary | None:
    """The record of an earlier run with the same model: what takes a pass over the rows stands there."""
    for record in sorted(run.workdir.runs.glob("*/run.json"), reverse=True):
        try:
            before = Summary.read(record)
        except RecordError as error:
            logging.warning("%s", error)
            continue
        if before.model == model:
            return before
    return None


def _strongest(before: Summary | None, model: str, examples: list[str]) -> Strongest:
    if before is None:
        return strongest(model, examples)
    return Strongest(before.strongest, before.strongest_rows, before.all_rows_counted)


def _importance(
    before: Summary | None, model: str, examples: str, spec: FeatureSpec, options: EvaluationOptions
) -> ImportanceRecord | None:
    if not options.importance:
        return None
    if before and before.importance and before.split == options.split:
        return before.importance
    return feature_importance(model, examples, options.split, spec, options.confidence)
