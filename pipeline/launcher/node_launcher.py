"""TFX's portable launcher, whose cache knows what matters of Beam's options, and whose jobs have names."""

from __future__ import annotations

from typing import Any

from tfx.orchestration.local import runner_utils
from tfx.orchestration.portable import launcher
from tfx.proto.orchestration import executable_spec_pb2, pipeline_pb2

from widedeep.pipeline.launcher.cache_key import cache_key_spec
from widedeep.pipeline.launcher.cluster_jobs import JOB_NAME, job_name
from widedeep.pipeline.launcher.job_operator import JobOperator

_BEAM = executable_spec_pb2.BeamExecutableSpec


class NodeLauncher(launcher.Launcher):
    """Runs one node, or finds its cached result."""

    def __init__(
        self,
        pipeline: pipeline_pb2.Pipeline,
        node: pipeline_pb2.PipelineNode,
        metadata: Any,
        operators: dict[Any, Any] | None = None,
    ) -> None:
        """Takes a node of a compiled pipeline, its run id filled in.

        Args:
            pipeline: the compiled pipeline.
            node: one of its nodes, all of whose upstream nodes have run.
            metadata: a handle to ML Metadata.
            operators: other ways to an executor, by the kind of its specification.
        """
        node_id = node.node_info.id
        deployment = runner_utils.extract_local_deployment_config(pipeline)
        spec = runner_utils.extract_executor_spec(deployment, node_id)
        root = pipeline.runtime_spec.pipeline_root.field_value.string_value
        super().__init__(
            pipeline_node=node,
            mlmd_connection=metadata,
            pipeline_info=pipeline.pipeline_info,
            pipeline_runtime_spec=pipeline.runtime_spec,
            executor_spec=with_job_name(spec, job_name(root, pipeline.pipeline_info.id, node_id)),
            custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, node_id),
            custom_executor_operators={_BEAM: JobOperator} | (operators or {}),
        )
        # The executor has its options by now: from here on this is read for the key of the cache alone.
        self._executor_spec = cache_key_spec(spec)


def with_job_name(spec: Any, name: str) -> Any:
    """An executor's specification, whose jobs have this name where it sends any to Beam."""
    if not isinstance(spec, _BEAM):
        return spec
    named = _BEAM()
    named.CopyFrom(spec)
    named.beam_pipeline_args_placeholders.add().value.string_value = f"{JOB_NAME}{name}"
    return named
