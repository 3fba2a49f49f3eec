"""One task of the compiled pipeline: the container of a node, and where and with what it runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kfp import kubernetes

from widedeep.components.ingest.file_blocks import SQL
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.definition.kubeflow_options import KubeflowOptions, Resources
from widedeep.pipeline.definition.overrides import assignments, key_of
from widedeep.pipeline.kubeflow import training_parameter
from widedeep.pipeline.kubeflow.environment import CONNECTION_KEY, ENVIRONMENT, SECRET_KEYS

_IN_IMAGE = Path("/opt/widedeep/schema")
# The steps that read raw rows.
_READERS = ("ExampleGen", "ServingExampleGen")
_TYPES = {str: "String", int: "Integer"}
# What a node shows beside its summary: the Evaluator's numbers and curve, and after the last node the run's report.
_ARTIFACTS = {"Evaluator": {"metrics": "Metrics", "roc": "ClassificationMetrics"}, "Pusher": {"report": "HTML"}}


@dataclass(frozen=True)
class Parameter:
    """What a person may give a run: its default, and the setting that it changes, if it is one."""

    default: str | int
    setting: str | None = None


def parameters(config: PipelineConfig, overrides: Sequence[str]) -> dict[str, Parameter]:
    """The run's parameters by name; what was set for the compilation is their default.

    Args:
        config: the settings.
        overrides: those that were set for the compilation.
    """
    options = config.kubeflow
    run_parameters = {
        "epochs": Parameter(config.training.epochs, "training.epochs"),
        "pipeline_root": Parameter(f"{options.root.path}/{config.name}"),
        "models": Parameter(f"{options.models.path}/{config.name}"),
        # On top of what was set for the compilation.
        training_parameter.NAME: Parameter(training_parameter.NOTHING),
    }
    if config.data.format == SQL:
        return run_parameters
    data_path = config.data.path
    if "://" not in data_path:
        # A local folder of whoever compiles is none of the cluster's, but for one that was named for it.
        given = assignments(PipelineConfig, overrides).get("data")
        named = given.get("path") if isinstance(given, dict) else None
        data_path = str(named) if named is not None else f"{options.root.path}/data/{config.name}"
    run_parameters = {"data_path": Parameter(data_path, "data.path"), **run_parameters}
    if config.data.in_spans:
        run_parameters["span"] = Parameter(str(config.data.span), "data.span")
    return run_parameters


def component(node: str, config: PipelineConfig, file: Path, overrides: tuple[str, ...]) -> dict[str, Any]:
    """A component of KFP, as its YAML has it: the container that runs a node.

    Args:
        node: the node's id.
        config: the settings.
        file: the pipeline.yaml that they come from.
        overrides: the settings that were changed for this compilation.
    """
    options, run_parameters = config.kubeflow, parameters(config, overrides)
    settings = {
        parameter.setting: f"{parameter.setting}={_input(name)}"
        for name, parameter in run_parameters.items()
        if parameter.setting
    }
    # What was set for the compilation holds in every run, but for what a run's parameters or the cluster's group say.
    keys = {override: key_of(override) for override in overrides}
    fixed = [override for override, key in keys.items() if key not in settings and key.partition(".")[0] != "kubeflow"]
    arguments = [
        options.pipeline or str(_IN_IMAGE / file.resolve().parent.name / file.name),
        f"--node={node}",
        f"--run-id={_input('run_id')}",
        f"--root={_input('pipeline_root')}",
        f"--models={_input('models')}",
        f"--metadata={options.metadata}",
        *(f"--set={assignment}" for assignment in (*fixed, *settings.values())),
        f"--training={_input(training_parameter.NAME)}",
        f"--summary={_output('summary')}",
    ]
    artifacts = _ARTIFACTS.get(node, {})
    outputs = [{"name": name, "type": kind} for name, kind in {"summary": "Markdown", **artifacts}.items()]
    if "metrics" in artifacts:
        # They are no files: KFP takes them from the task's output, whose place stands in its input.
        arguments.append("--executor-input={{$}}")
    if "report" in artifacts:
        arguments.append(f"--report={_output('report')}")
    return {
        "name": re.sub(r"(?<=[a-z])(?=[A-Z])", "-", node).lower(),
        "inputs": [
            {"name": "run_id", "type": "String"},
            *({"name": name, "type": _TYPES[type(parameter.default)]} for name, parameter in run_parameters.items()),
        ],
        "outputs": outputs,
        "implementation": {
            "container": {
                "image": options.image,
                "command": ["python", "-m", "widedeep.pipeline.kubeflow.step.run_node"],
                "args": arguments,
            }
        },
    }


def _input(name: str) -> str:
    # KFP fills in what stands in double braces, within a text too.
    return f"{{{{$.inputs.parameters['{name}']}}}}"


def _output(name: str) -> str:
    return f"{{{{$.outputs.artifacts['{name}'].path}}}}"


def give_connection(task: Any, node: str, config: PipelineConfig) -> None:
    """The database's address, from a Secret, for the steps that ask it."""
    if config.data.connection is not None and node in _READERS:
        keys = {CONNECTION_KEY: config.data.connection}
        kubernetes.use_secret_as_env(task, secret_name=config.kubeflow.data_secret, secret_key_to_env=keys)


def place(task: Any, options: KubeflowOptions, resources: Resources) -> None:
    """Where a step's container runs, with what, and how long."""
    task.set_cpu_request(resources.cpu).set_cpu_limit(resources.cpu_limit)
    task.set_memory_request(resources.memory).set_memory_limit(resources.memory_limit)
    if resources.gpus:
        task.set_accelerator_type(resources.gpu_type).set_accelerator_limit(resources.gpus)
    retries = options.retries
    task.set_retry(
        num_retries=retries.attempts,
        backoff_duration=f"{retries.wait_seconds}s",
        backoff_factor=retries.factor,
    )
    for name, value in ENVIRONMENT.items():
        task.set_env_variable(name, value)
    for volume in (options.root, options.models):
        kubernetes.mount_pvc(task, pvc_name=volume.claim, mount_path=volume.path)
    kubernetes.use_secret_as_env(task, secret_name=options.secret, secret_key_to_env=dict(SECRET_KEYS))
    kubernetes.set_image_pull_policy(task, options.pull)
    kubernetes.set_timeout(task, 60 * options.timeout_minutes)
    kubernetes.set_security_context(task, run_as_user=options.user, run_as_group=options.user, run_as_non_root=True)
    for toleration in resources.tolerations:
        kubernetes.add_toleration(task, **toleration.model_dump())
    for label, value in resources.node_selector.items():
        kubernetes.add_node_selector(task, label_key=label, label_value=value)
