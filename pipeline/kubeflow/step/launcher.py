"""TFX's portable launcher for a container that can be killed, started again, and started twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfx.orchestration.local import runner_utils
from tfx.orchestration.portable import execution_publish_utils
from tfx.proto.orchestration import pipeline_pb2

from widedeep.components.metadata.cluster.database import Database, tell
from widedeep.components.metadata.cluster.handle import PatientHandle
from widedeep.components.metadata.cluster.turns import Turn
from widedeep.components.metadata.executions import Node, state_of
from widedeep.pipeline.launcher.node_launcher import NodeLauncher


def launch(
    pipeline: pipeline_pb2.Pipeline,
    node: pipeline_pb2.PipelineNode,
    key: Node,
    database: Database,
    turn: Turn,
    operators: dict[Any, Any] | None = None,
) -> None:
    """Runs a node, or finds its result in the cache. How it ended stands in the metadata.

    Args:
        pipeline: the compiled pipeline, its run id filled in.
        node: one of its nodes.
        key: the node in this run.
        database: has the metadata.
        turn: this process's turn at the node.
        operators: other ways to an executor than TFX's own, by the kind of its specification.

    Raises:
        Exception: what the executor raised.
        TurnLostError: another process has taken over meanwhile.
        WideDeepError: the database was away for too long.
    """
    deployment = runner_utils.extract_local_deployment_config(pipeline)
    node_launcher = _Launcher(pipeline, node, PatientHandle(database), operators)
    node_launcher.bind(key, database, turn)
    if key.id in deployment.executor_specs:
        node_launcher.launch()
    else:
        # A Resolver does nothing but read and write metadata.
        database.retry(lambda: node_launcher.start_anew(node_launcher.launch))


class _Launcher(NodeLauncher):
    """The launcher's steps around the executor, each of which bears an outage of the database."""

    def bind(self, key: Node, database: Database, turn: Turn) -> None:
        self._key = key
        self._database = database
        self._turn = turn

    def start_anew(self, action: Callable[[], Any]) -> Any:
        """Does something that makes an execution, once what earlier attempts left is closed."""
        abandoned = self._key.fail_abandoned(self._database.open())
        if abandoned:
            executions = ", ".join(map(str, abandoned))
            tell(f"{self._key.id}: an earlier attempt was killed (execution {executions}): starting anew.")
        return action()

    def _register_or_reuse_execution(
        self, metadata_handle: Any, contexts: Any, input_artifacts: Any = None, exec_properties: Any = None
    ) -> Any:
        # Never one that is there: its output folders may hold half of what a dead attempt wrote, or be written still.
        return execution_publish_utils.register_execution(
            metadata_handle=metadata_handle,
            execution_type=self._pipeline_node.node_info.type,
            contexts=contexts,
            input_artifacts=input_artifacts,
            exec_properties=exec_properties,
        )

    def _prepare_execution(self) -> Any:
        return self._database.retry(lambda: self.start_anew(super(_Launcher, self)._prepare_execution))

    def _publish_successful_execution(
        self, execution_id: int, contexts: Any, output_dict: Any, executor_output: Any
    ) -> None:
        def publish() -> None:
            self._turn.check()
            if state_of(self._database.open(), execution_id) == "RUNNING":
                publish_once(execution_id, contexts, output_dict, executor_output)

        publish_once = super()._publish_successful_execution
        self._database.retry(publish)

    def _publish_failed_execution(self, execution_id: int, contexts: Any, executor_output: Any = None) -> None:
        publish_once = super()._publish_failed_execution
        self._database.retry(lambda: publish_once(execution_id, contexts, executor_output))
