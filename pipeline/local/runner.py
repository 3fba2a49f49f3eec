"""The local runner: every node of the pipeline in this process, one after another."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tfx.dsl.compiler import compiler, constants
from tfx.orchestration.portable import runtime_parameter_utils
from tfx.proto.orchestration import pipeline_pb2

from widedeep.components import features
from widedeep.components.common.errors import unwrap
from widedeep.components.common.files import write_if_changed
from widedeep.components.dryrun.servers import spare
from widedeep.components.dryrun.servers.programs import STAND_IN, server_name
from widedeep.components.metadata.connection import Connection, sqlite_connection
from widedeep.pipeline.definition.beam_options import beam_args
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.definition.create import Environment, create_pipeline
from widedeep.pipeline.definition.early_checks import check_settings
from widedeep.pipeline.definition.input_files import input_bytes
from widedeep.pipeline.definition.schema_file import schema_file_name, schema_text
from widedeep.pipeline.definition.spans.span_files import check_spans
from widedeep.pipeline.local.launcher import run_node
from widedeep.pipeline.local.workdir import Workdir

NodeState = Literal["RUNNING", "COMPLETE", "CACHED", "SKIPPED", "FAILED"]


@dataclass
class NodeRun:
    """One node in one run; `started` is when it began, by the run's own clock, and `seconds` how long it took."""

    id: str
    state: NodeState = "RUNNING"
    seconds: float = 0.0
    execution_id: int | None = None
    started: float = 0.0


class NodeFailedError(Exception):
    """A node failed; the cause is what it raised, freed of Beam's wrapping."""

    def __init__(self, node: str) -> None:
        super().__init__(node)
        self.node = node


@dataclass
class LocalRun:
    """A compiled pipeline about to run in a working directory; with `spare_server`, the dry run's starts before it."""

    workdir: Workdir
    run_id: str
    pipeline: pipeline_pb2.Pipeline
    connection: Connection
    nodes: list[NodeRun] = field(default_factory=list)
    spare_server: bool = False

    def execute(self, on_change: Callable[[NodeRun], None], last: str | None = None) -> None:
        """Runs the nodes in order.

        Args:
            on_change: called with a node when it starts and when it ends.
            last: the node after which to stop; None runs them all.

        Raises:
            NodeFailedError: from what the node raised; the nodes after it have not run.
        """
        try:
            self._execute(on_change, last)
        finally:
            spare.end()

    def _execute(self, on_change: Callable[[NodeRun], None], last: str | None) -> None:
        for node in self.pipeline.nodes:
            run = NodeRun(node.pipeline_node.node_info.id, started=time.monotonic())
            self.nodes.append(run)
            on_change(run)
            try:
                outcome = run_node(self.pipeline, node.pipeline_node, self.connection)
                run.state, run.execution_id = outcome.state, outcome.execution_id
            except BaseException as error:
                run.state = "FAILED"
                if isinstance(error, Exception):
                    logging.exception("%s failed", run.id)
                    raise NodeFailedError(run.id) from unwrap(error)
                raise
            finally:
                run.seconds = time.monotonic() - run.started
                on_change(run)
            if run.id == last:
                break
            if run.id == "Trainer" and run.state == "COMPLETE" and self.spare_server:
                # There is a new model: while the Evaluator works on one core, the server imports what it needs.
                spare.start()


def prepare(config: PipelineConfig, workdir: Workdir, run_id: str) -> LocalRun:
    """Checks what can be checked before the first component starts, and compiles the pipeline.

    Raises:
        ConfigError: features, schema or data path are wrong.
    """
    spec = features.load(Path(config.features))
    check_settings(config, spec)
    check_spans(config.data)
    connection = sqlite_connection(workdir.metadata)
    schema = schema_text(config, spec)
    schema_file = workdir.schemas / schema_file_name(schema)
    write_if_changed(schema_file, schema)
    environment = Environment(
        root=str(workdir.artifacts),
        metadata=connection,
        push_directory=str(workdir.models),
        schema_file=str(schema_file),
        beam_args=beam_args(config.beam, config.data.format, input_bytes(config.data)),
    )
    pipeline = compiler.Compiler().compile(create_pipeline(config, environment))
    runtime_parameter_utils.substitute_runtime_parameter(pipeline, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run_id})
    return LocalRun(workdir, run_id, pipeline, connection, spare_server=server_name(config.dry_run) == STAND_IN)
