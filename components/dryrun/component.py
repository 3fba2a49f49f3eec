"""DryRun: the component between Evaluator and Pusher."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from widedeep.components.dryrun.driver import Driver
from widedeep.components.dryrun.dry_run_options import DryRunOptions
from widedeep.components.dryrun.executor import Executor


class DryRunSpec(types.ComponentSpec):
    """The contract of DryRun."""

    PARAMETERS = {
        "features": component_spec.ExecutionParameter(type=str),
        "options": component_spec.ExecutionParameter(type=str),
        "split": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "model_blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "transform_graph": component_spec.ChannelParameter(type=standard_artifacts.TransformGraph),
    }
    OUTPUTS = {"blessing": component_spec.ChannelParameter(type=standard_artifacts.InfraBlessing)}


class DryRun(base_component.BaseComponent):
    """Serves the candidate and asks it; blesses it, with the warm-up requests in it, or says why not."""

    SPEC_CLASS = DryRunSpec
    DRIVER_CLASS = Driver
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        model: types.Channel,
        model_blessing: types.Channel,
        examples: types.Channel,
        transform_graph: types.Channel,
        spec: str,
        options: DryRunOptions,
        split: str,
        code: str,
    ) -> None:
        """The dry run of one candidate.

        Args:
            model: the Trainer's.
            model_blessing: the Evaluator's: a model that it refused is not tried.
            examples: raw rows to ask for.
            transform_graph: for batch predictions to compare with.
            spec: the feature declaration as JSON.
            options: the server and its limits.
            split: of the examples.
            code: digest of the dry run's code and the server's, a part of the cache key.
        """
        super().__init__(
            DryRunSpec(
                features=spec,
                options=options.model_dump_json(),
                split=split,
                code=code,
                model=model,
                model_blessing=model_blessing,
                examples=examples,
                transform_graph=transform_graph,
                blessing=types.Channel(type=standard_artifacts.InfraBlessing),
            )
        )
