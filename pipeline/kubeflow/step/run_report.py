"""The report of a whole run on Kubeflow, out of the metadata."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tfx.components  # noqa: F401  (completes tensorflow_model_analysis, which else can't be imported)
from tfx.proto.orchestration import pipeline_pb2

from widedeep.components import features
from widedeep.components.common.bucket_path import BucketPath, location
from widedeep.components.common.files import write_if_changed
from widedeep.components.metadata.connection import Connection
from widedeep.components.metadata.executions import Node, state, successes
from widedeep.pipeline import report
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.local.runner import LocalRun, NodeRun
from widedeep.pipeline.local.workdir import Workdir
from widedeep.pipeline.record.builder import summarise


def render_run(store: Any, last: Node, connection: Connection, config: PipelineConfig, root: str) -> str:
    """The run's report as HTML. The run is recorded in the pipeline root as local ones are.

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
    folder = Workdir(location(root)).runs / last.run
    summary = summarise(run, folder, features.load(Path(config.features)), config)
    summary = summary.model_copy(update={"log": "the logs of the run's containers"})
    html = report.render(summary)
    if isinstance(folder, BucketPath):
        folder.mkdir(parents=True)
        (folder / "report.html").write_bytes(html.encode())
    else:
        write_if_changed(folder / "report.html", html)
    # The next report of the same model takes from it what it would need a pass over all rows for.
    summary.write(folder / "run.json")
    return html


def _nodes(store: Any, last: Node) -> list[NodeRun]:
    return [
        NodeRun(
            name,
            state(execution),  # type: ignore[arg-type]  # COMPLETE or CACHED
            (execution.last_update_time_since_epoch - execution.create_time_since_epoch) / 1000,
            execution.id,
            execution.create_time_since_epoch / 1000,
        )
        for name, execution in successes(store, last.pipeline, last.run).items()
    ]
