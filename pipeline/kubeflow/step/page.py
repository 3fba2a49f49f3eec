"""What a node of a run shows on its page in Kubeflow: Markdown, metrics, and the report."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from widedeep.components.metadata.artifacts import outputs
from widedeep.components.metadata.cluster.database import Database, tell
from widedeep.components.metadata.executions import Node, state
from widedeep.pipeline.definition.config import PipelineConfig

if TYPE_CHECKING:
    from widedeep.components.evaluator.plots import Plots
    from widedeep.components.evaluator.results import Evaluation

# KFP's ClassificationMetrics.
Roc = dict[str, list[dict[str, float]]]
# Of an artifact's properties, those that say nothing beside its address.
_DULL = {"name", "state", "tfx_version", "producer_component", "pipeline_name", "input_fingerprint"}


@dataclass(frozen=True)
class PageFiles:
    """What a node's page is to have, and where it goes.

    Attributes:
        summary: file for Markdown.
        report: file for the run's report; of the last node, after which there is nothing more to report.
        executor_input: KFP's message, as JSON: its output file gets the metrics and the ROC curve; of the Evaluator.
    """

    summary: Path | None = None
    report: Path | None = None
    executor_input: str | None = None

    @property
    def need_tensorflow(self) -> bool:
        """Whether writing them takes TensorFlow."""
        return bool(self.report or self.executor_input)


def write(files: PageFiles, node: Node, database: Database, config: PipelineConfig, root: str) -> None:
    """Writes a node's page.

    A page that can't be written fails no node: its result is in the metadata.

    Args:
        files: what it has.
        node: one that ended well.
        database: has the metadata.
        config: the run's settings.
        root: the pipeline root.
    """
    try:
        store = database.open()
        metrics, roc = _evaluation(store, node) if files.executor_input else ({}, {})
        if files.summary:
            _write(files.summary, _markdown(store, node, metrics))
        if files.executor_input:
            _write(*_executor_output(json.loads(files.executor_input), {"metrics": metrics, "roc": roc}))
        if files.report:
            from widedeep.pipeline.kubeflow.step.run_report import render_run

            _write(files.report, render_run(store, node, database.connection, config, root))
    except Exception:
        tell(f"{traceback.format_exc()}{node.id}: ended well, but its page could not be written.")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _evaluation(store: Any, node: Node) -> tuple[dict[str, float], Roc]:
    """The Evaluator's metrics and ROC curve."""
    from widedeep.components.evaluator import results

    ended = node.success(store)
    assert ended is not None
    uri = outputs(store, ended.id)["evaluation"].uri
    return _metrics(results.read(uri)), _roc(results.read_plots(uri))


def _metrics(evaluation: Evaluation) -> dict[str, float]:
    """All finite metrics by name, the baseline's with its name before."""
    from widedeep.components.evaluator.measurement import CANDIDATE

    named = {(model, name): value for model, metrics in evaluation.metrics.items() for name, value in metrics.items()}
    return {
        name if model == CANDIDATE else f"{model}_{name}": value
        for (model, name), value in named.items()
        if value is not None
    }


def _roc(plots: Plots) -> Roc:
    """The candidate's curve as KFP's ClassificationMetrics have it; nothing but of a binary label with both classes."""
    from widedeep.components.evaluator.measurement import CANDIDATE

    candidate = plots.models.get(CANDIDATE)
    points = [
        {"falsePositiveRate": wrong, "recall": right, "confidenceThreshold": threshold}
        for (wrong, right), threshold in zip(
            (candidate and candidate.roc) or [], (candidate and candidate.thresholds) or [], strict=True
        )
    ]
    return {"confidenceMetrics": points} if points else {}


def _executor_output(executor_input: dict[str, Any], metadata: Mapping[str, object]) -> tuple[Path, str]:
    """KFP shows what stands as metadata of artifacts in the task's output file."""
    artifacts = {name: {"artifacts": [{"metadata": content}]} for name, content in metadata.items()}
    return Path(executor_input["outputs"]["outputFile"]), json.dumps({"artifacts": artifacts})


def _markdown(store: Any, node: Node, metrics: dict[str, float]) -> str:
    ended = node.success(store)
    assert ended is not None
    seconds = (ended.last_update_time_since_epoch - ended.create_time_since_epoch) / 1000
    lines = [f"# {node.id}", "", f"**{state(ended)}** in {seconds:.1f} s; run {node.run}, execution {ended.id}", ""]
    if metrics:
        lines += [
            "| metric | value |",
            "|---|---|",
            *(f"| {name} | {_metric(value)} |" for name, value in metrics.items()),
            "",
        ]
    lines += ["| output | where | |", "|---|---|---|"]
    for key, artifact in outputs(store, ended.id).items():
        facts = [
            f"{name} {value.string_value or value.int_value}"
            for name, value in sorted({**artifact.properties, **artifact.custom_properties}.items())
            if name not in _DULL
        ]
        lines.append(f"| {key} | {_cell(artifact.uri)} | {_cell(', '.join(facts))} |")
    return "\n".join(lines) + "\n"


def _metric(value: float) -> str:
    """A count is no decimal number."""
    return f"{value:,.0f}" if value.is_integer() and value > 1 else f"{value:.4f}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
