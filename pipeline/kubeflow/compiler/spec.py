"""Compiles the pipeline for Kubeflow: one task a TFX node, in TFX's order."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from google.protobuf import json_format
from kfp import compiler, components, dsl
from kfp.dsl import pipeline_task
from tfx.dsl.compiler import compiler as tfx_compiler

from widedeep.components import features
from widedeep.components.common.errors import ConfigError, reason
from widedeep.components.common.settings import nearest
from widedeep.components.metadata.connection import no_connection
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.definition.create import Environment, create_pipeline
from widedeep.pipeline.definition.early_checks import check_settings
from widedeep.pipeline.kubeflow.client.compiled_file import LARGEST_PARAMETERS
from widedeep.pipeline.kubeflow.compiler.container import component, give_connection, parameters, place


def write(config: PipelineConfig, file: Path, overrides: tuple[str, ...], out: Path) -> None:
    """Compiles the pipeline and its platform document into a YAML file; equal settings give equal bytes.

    Args:
        config: the settings.
        file: the pipeline.yaml that they come from.
        overrides: the settings that were changed for this compilation.
        out: the file to write.

    Raises:
        ConfigError: the settings name a node that the pipeline has not.
    """
    check_settings(config, features.load(Path(config.features)))
    nodes = _nodes(config)
    for name in config.kubeflow.steps:
        if name not in nodes:
            raise ConfigError(f"kubeflow.steps: the pipeline has no node '{name}': {nearest(name, nodes)}")
    size = sum(len(f"{name}{each.default}".encode()) for name, each in parameters(config, overrides).items())
    if size > LARGEST_PARAMETERS:
        raise ConfigError(
            f"{file}: the run's parameters together have {size:,} bytes, at most {LARGEST_PARAMETERS:,} go: shorten "
            "data.path."
        )
    pipeline_task.inspect = SimpleNamespace(stack=_callers)
    try:
        compiler.Compiler().compile(_pipeline(config, file, overrides, nodes), str(out))
    except (ValueError, TypeError, json_format.ParseError) as error:
        # What KFP can't write stands in a setting.
        raise ConfigError(f"{file}: Kubeflow's compiler refuses the settings: {reason(error)}.") from None


def _callers() -> list[Any]:
    """In the place of inspect.stack, which KFP asks for a name at each setting of a task.

    It would look up the source of every frame among all modules: half of a compilation's time.
    """
    return [None, (None, None, None, sys._getframe(2).f_code.co_name)]


def _nodes(config: PipelineConfig) -> dict[str, list[str]]:
    """The upstream nodes of each node, in an order in which they can run."""
    anywhere = Environment("/", no_connection(), "/", "schema.pbtxt", [])
    compiled = tfx_compiler.Compiler().compile(create_pipeline(config, anywhere))
    return {node.pipeline_node.node_info.id: sorted(node.pipeline_node.upstream_nodes) for node in compiled.nodes}


def _pipeline(config: PipelineConfig, file: Path, overrides: tuple[str, ...], nodes: dict[str, list[str]]) -> Any:
    options, run_parameters = config.kubeflow, parameters(config, overrides)

    def body(*values: Any) -> None:
        tasks: dict[str, Any] = {}
        for node, upstream in nodes.items():
            text = yaml.safe_dump(component(node, config, file, overrides), sort_keys=False)
            run_node = components.load_component_from_text(text)
            task = run_node(run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER, **dict(zip(run_parameters, values, strict=True)))
            task.set_display_name(node)
            # TFX's own cache knows the data, the settings and the code.
            task.set_caching_options(False)
            task.after(*(tasks[name] for name in upstream))
            place(task, options, options.steps.get(node, options.resources))
            give_connection(task, node, config)
            tasks[node] = task

    # KFP reads the parameters off a function's signature.
    body.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=parameter.default,
                annotation=type(parameter.default),
            )
            for name, parameter in run_parameters.items()
        ]
    )
    description = "A wide-and-deep recommender: raw impressions in, a pushed model out."
    compiled = dsl.pipeline(name=config.name, description=description)(body)
    # KFP's own way of setting it goes to an hour at most.
    for task in compiled.pipeline_spec.root.dag.tasks.values():
        task.retry_policy.backoff_max_duration.seconds = options.retry_seconds
    return compiled
