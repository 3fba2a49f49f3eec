"""A node's turn: its definition, its launch, and how it truly ended."""

from __future__ import annotations

import contextlib
import io
import sys
import time

from rich.console import Console
from tfx.proto.orchestration import pipeline_pb2

from widedeep.components.metadata.cluster.database import Database, tell
from widedeep.components.metadata.cluster.turns import Turn
from widedeep.components.metadata.executions import Node, missing_inputs, state
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.kubeflow.places import check_writable
from widedeep.pipeline.kubeflow.step import definition_cache
from widedeep.pipeline.kubeflow.workers.choice import choose_pods, chosen_workers
from widedeep.pipeline.local.progress_display import ProgressDisplay

# The one node that reads the raw data.
_READER = "ExampleGen"


def run(
    config: PipelineConfig, node: Node, root: str, models: str, database: Database, turn: Turn, alone: bool
) -> None:
    """Runs a node and sees to it that it ended well.

    Args:
        config: the settings.
        node: the node in its run.
        root: folder or gs:// address of the artifacts.
        models: where versions are pushed to.
        database: has the metadata.
        turn: this process's turn at the node.
        alone: this process has nothing to do after the node, and so need not import TensorFlow.

    Raises:
        ConfigError: settings, data path or node are wrong.
        WideDeepError: the node could not start, or another process has taken over.
        Exception: what the executor raised.
    """
    started = time.monotonic()
    if node.id == _READER:
        # Else the last step would be the first to find out.
        for place, what in ((root, "the artifacts"), (models, "the pushed versions")):
            check_writable(place, what)
    choose_pods(node.id, config.kubeflow)
    cached = definition_cache.read(config, root, models)
    if cached is not None and alone and _goes_without_tensorflow(cached, node.id):
        upstream = _run_in_subprocess(cached, node, database, turn)
    else:
        upstream = _run_in_process(config, node, root, models, database, turn)

    # The launcher returns normally where it found no inputs, and where it skipped the node.
    def outcome() -> str:
        store = database.open()
        execution = node.success(store)
        if execution is None:
            raise missing_inputs(store, node, upstream)
        return state(execution)

    tell(f"{node.id}: {database.retry(outcome)} after {time.monotonic() - started:.1f} s")


def _goes_without_tensorflow(pipeline: pipeline_pb2.Pipeline, node_id: str) -> bool:
    """Whether all but the executor does: not so of Resolvers, and of drivers of a node's own."""
    deployment = pipeline_pb2.IntermediateDeploymentConfig()
    pipeline.deployment_config.Unpack(deployment)
    return node_id in deployment.executor_specs and node_id not in deployment.custom_driver_specs


def _run_in_subprocess(pipeline: pipeline_pb2.Pipeline, node: Node, database: Database, turn: Turn) -> list[str]:
    """Runs a node with its executor in a process of its own; returns the nodes before it."""
    # TFX does without what is not installed, and so would it seem here: 0.5 s and 110 MB instead of 5 s and 900 MB.
    for library in ("tensorflow", "apache_beam"):
        sys.modules[library] = None  # type: ignore[assignment]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        from widedeep.pipeline.kubeflow.step.launcher import launch
        from widedeep.pipeline.kubeflow.step.run_definition import find_node, with_run_id
        from widedeep.pipeline.kubeflow.step.subprocess_executor import OPERATORS

    pipeline = with_run_id(pipeline, node.run)
    pipeline_node = find_node(pipeline, node.id)
    launch(pipeline, pipeline_node, node, database, turn, OPERATORS)
    return list(pipeline_node.upstream_nodes)


def _run_in_process(
    config: PipelineConfig, node: Node, root: str, models: str, database: Database, turn: Turn
) -> list[str]:
    """Runs a node in this process; returns the nodes before it."""
    from widedeep.pipeline.definition.input_files import input_files
    from widedeep.pipeline.definition.spans.span_files import check_spans
    from widedeep.pipeline.kubeflow.step import definition
    from widedeep.pipeline.kubeflow.step.launcher import launch
    from widedeep.pipeline.kubeflow.step.run_definition import find_node, with_run_id

    compiled = definition.build(config, root, models)
    definition_cache.write(compiled, config, root, models)
    pipeline = with_run_id(compiled, node.run)
    pipeline_node = find_node(pipeline, node.id)
    if node.id == _READER:
        input_files(config.data)
        check_spans(config.data)
    with ProgressDisplay(Console(stderr=True, highlight=False, soft_wrap=True)), chosen_workers():
        launch(pipeline, pipeline_node, node, database, turn)
    return list(pipeline_node.upstream_nodes)
