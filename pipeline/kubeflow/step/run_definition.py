"""A compiled pipeline for one run. (Apart from its building, which imports all components.)"""

from __future__ import annotations

from tfx.dsl.compiler import constants
from tfx.orchestration.portable import runtime_parameter_utils
from tfx.proto.orchestration import pipeline_pb2

from widedeep.components.common.errors import ConfigError
from widedeep.components.common.settings import nearest


def with_run_id(pipeline: pipeline_pb2.Pipeline, run_id: str) -> pipeline_pb2.Pipeline:
    """The same pipeline with a run's id filled in."""
    definition = pipeline_pb2.Pipeline()
    definition.CopyFrom(pipeline)
    runtime_parameter_utils.substitute_runtime_parameter(definition, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run_id})
    return definition


def find_node(pipeline: pipeline_pb2.Pipeline, node_id: str) -> pipeline_pb2.PipelineNode:
    """A node by its id.

    Raises:
        ConfigError: there is none.
    """
    nodes = {node.pipeline_node.node_info.id: node.pipeline_node for node in pipeline.nodes}
    if node_id not in nodes:
        raise ConfigError(f"--node {node_id}: the pipeline has no such node: {nearest(node_id, nodes)}")
    return nodes[node_id]
