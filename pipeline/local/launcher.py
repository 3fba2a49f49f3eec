"""Runs one node of a compiled pipeline with TFX's portable launcher, and says truly how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from tfx.proto.orchestration import pipeline_pb2

from widedeep.components.common.errors import WideDeepError
from widedeep.components.common.process import beam_memos
from widedeep.components.metadata.connection import Connection, handle, open_store
from widedeep.components.metadata.executions import state_of
from widedeep.pipeline.launcher.node_launcher import NodeLauncher

State = Literal["COMPLETE", "CACHED", "SKIPPED"]


@dataclass(frozen=True)
class Outcome:
    """How a node ended; `execution_id` is its execution in the metadata."""

    state: State
    execution_id: int | None


def run_node(pipeline: pipeline_pb2.Pipeline, node: pipeline_pb2.PipelineNode, connection: Connection) -> Outcome:
    """Runs a node, or finds its cached result.

    Args:
        pipeline: the compiled pipeline, its run id filled in.
        node: one of its nodes, all of whose upstream nodes have run.
        connection: ML Metadata's connection settings.

    Raises:
        Exception: what the executor raised.
        WideDeepError: the launcher returned, but the execution did not end well (inputs missing).
    """
    beam_memos.install()
    node_id = node.node_info.id
    info = NodeLauncher(pipeline, node, handle(connection)).launch()
    if info is None or info.execution_id is None:
        return Outcome("SKIPPED", None)
    # The launcher returns normally where it found no inputs, having marked the execution as failed.
    with open_store(connection) as store:
        state = state_of(store, info.execution_id)
    if state not in ("COMPLETE", "CACHED"):
        raise WideDeepError(f"{node_id} could not start: its inputs are missing in the metadata (state {state}).")
    return Outcome(cast("State", state), info.execution_id)
