"""The report of a whole run on Kubeflow, out of the metadata."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tfx.components  # noqa: F401  (completes tensorflow_model_analysis, which else can't be imported)
from ml_metadata.proto import metadata_store_pb2
from tfx.proto.orchestration import pipeline_pb2

from widedeep.components import features
from widedeep.components.metadata.executions import Node, state
from widedeep.pipeline import report
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.local.runner import LocalRun, NodeRun
from widedeep.pipeline.local.workdir import Workdir, write_if_changed
from widedeep.pipeline.record.builder import summarise


def render_run(
    store: Any, last: Node, connection: metadata_store_pb2.ConnectionConfig, config: PipelineConfig, root: str
) -> str:
    """The run's report as HTML. Where the pipeline root is a folder the run is recorded there as local ones are.

    Args:
        store: ML Metadata's store.
        last: the run's last node, which has ended well.
        connection: the store's settings.
        config: the run's settings.
        root: the pipeline root.
    """
    pipeline = pipeline_pb2.Pipeline(pipeline_info=pipeline_pb2.PipelineInfo(id=last.pipeline))
    workdir = Workdir(Path(root))
    run = LocalRun(workdir, last.run, pipeline, connection, _nodes(store, last))
    folder = workdir.runs / last.run
    summary = summarise(run, folder, features.load(Path(config.features)))
    summary.log = "the logs of the run's containers"
    html = report.render(summary)
    if "://" not in root:
        folder.mkdir(parents=True, exist_ok=True)
        write_if_changed(Path(summary.report), html)
        # The next report of the same model takes from it what it would need a pass over all rows for.
        summary.write(folder / "run.json")
    return html


def _nodes(store: Any, last: Node) -> list[NodeRun]:
    """All nodes of the run that ended well, in the order in which they started."""
    nodes = {}
    for execution in store.get_executions_by_context(store.get_context_by_type_and_name("pipeline_run", last.run).id):
        kind = {
            store.get_context_types_by_id([one.type_id])[0].name: one
            for one in store.get_contexts_by_execution(execution.id)
        }
        name = kind["node"].name.removeprefix(f"{last.pipeline}.")
        nodes[name] = Node(last.pipeline, last.run, name)
    ended = {name: node.finished(store) for name, node in nodes.items()}
    return [
        NodeRun(
            name,
            state(one),  # type: ignore[arg-type]  # COMPLETE or CACHED
            (one.last_update_time_since_epoch - one.create_time_since_epoch) / 1000,
            one.id,
        )
        for name, one in sorted(ended.items(), key=lambda item: item[1].id if item[1] else 0)
        if one is not None
    ]
