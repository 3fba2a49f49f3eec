"""What came of a run, read from the metadata and the artifacts: what `--json`, the table and the report show."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import tensorflow as tf
from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata

from components.evaluator import results
from components.gate.component import VERDICT
from components.trainer.run import CURVE
from pipeline.local import LocalRun


@dataclass
class Summary:
    """One finished run.

    Attributes:
        run_id: the run, which names its folder too.
        pipeline: name of the pipeline.
        components: id, state and seconds of each node, in order.
        metrics: of the candidate and, where there was one, the baseline.
        slices: the same for each slice.
        blessed: whether the candidate passed every bound.
        refusals: where it did not, why.
        warnings: of the gate on data.
        pushed_to: the pushed version's folder, or null.
        training: loss and quality, a row an epoch.
        log: path of the log.
        report: path of the report.
    """

    run_id: str
    pipeline: str
    components: list[dict[str, Any]]
    metrics: dict[str, dict[str, float]]
    slices: dict[str, dict[str, dict[str, float]]]
    blessed: bool
    refusals: list[str]
    warnings: list[str]
    pushed_to: str | None
    training: list[dict[str, Any]]
    log: str
    report: str
    notes: list[str] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Writes the summary as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Summary:
        """The summary back from `write`."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


def summarise(run: LocalRun, folder: Path) -> Summary:
    """Reads what a finished run left.

    Args:
        run: the run, all of whose nodes have ended well.
        folder: the run's folder.
    """
    with metadata.Metadata(run.connection) as handle:
        outputs = {node.id: _outputs(handle.store, node.execution_id) for node in run.nodes if node.execution_id}
    evaluation = results.read(outputs["Evaluator"]["evaluation"].uri)
    pushed = outputs["Pusher"]["pushed_model"].custom_properties
    return Summary(
        run_id=run.run_id,
        pipeline=run.pipeline.pipeline_info.id,
        components=[{"id": node.id, "state": node.state, "seconds": round(node.seconds, 2)} for node in run.nodes],
        metrics=evaluation.metrics,
        slices=evaluation.slices,
        blessed=outputs["Evaluator"]["blessing"].custom_properties["blessed"].int_value == 1,
        refusals=evaluation.refusals,
        warnings=_json(outputs["DataGate"]["verdict"].uri, VERDICT)["warnings"],
        pushed_to=pushed["pushed_destination"].string_value if pushed["pushed"].int_value else None,
        training=_json(outputs["Trainer"]["model_run"].uri, CURVE),
        log=str(folder / "log.txt"),
        report=str(folder / "report.html"),
    )


def _outputs(store: Any, execution_id: int) -> dict[str, metadata_store_pb2.Artifact]:
    """The first artifact under each output key, by the execution's events: right for cached executions too."""
    wanted = {
        event.artifact_id: event.path.steps[0].key
        for event in store.get_events_by_execution_ids([execution_id])
        if event.type == metadata_store_pb2.Event.OUTPUT
    }
    return {wanted[artifact.id]: artifact for artifact in store.get_artifacts_by_id(list(wanted))}


def _json(folder: str, name: str) -> Any:
    with tf.io.gfile.GFile(os.path.join(folder, name)) as file:
        return json.load(file)
