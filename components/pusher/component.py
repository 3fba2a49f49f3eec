"""Pusher: TFX's, with a push that is atomic, and a version that tells where it comes from."""

from __future__ import annotations

import json

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.proto import pusher_pb2
from tfx.types import component_spec, standard_artifacts

from widedeep.components.pusher.executor import Executor


class PusherSpec(types.ComponentSpec):
    """The contract of Pusher."""

    PARAMETERS = {
        "push_destination": component_spec.ExecutionParameter(type=pusher_pb2.PushDestination),
        "keep": component_spec.ExecutionParameter(type=int, optional=True),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "model_blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
        "infra_blessing": component_spec.ChannelParameter(type=standard_artifacts.InfraBlessing),
        "evaluation": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
    }
    OUTPUTS = {"pushed_model": component_spec.ChannelParameter(type=standard_artifacts.PushedModel)}


class Pusher(base_component.BaseComponent):
    """Pushes a model that both blessings allow to a folder that servers poll."""

    SPEC_CLASS = PusherSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        model: types.BaseChannel,
        model_blessing: types.BaseChannel,
        infra_blessing: types.BaseChannel,
        evaluation: types.BaseChannel,
        examples: types.BaseChannel,
        directory: str,
        keep: int | None,
        code: dict[str, str],
    ) -> None:
        """The push of one candidate.

        Args:
            model: the Trainer's.
            model_blessing: the Evaluator's.
            infra_blessing: the dry run's, which holds the model with its warm-up requests.
            evaluation: the Evaluator's, for the version's metrics.
            examples: the raw examples that the model was trained on, one artifact a span.
            directory: the versions' folder, or address in a bucket.
            keep: how many versions to keep, the newest; None keeps them all. Those in a bucket are all kept.
            code: digest of the code behind each step, for the version's lineage.
        """
        super().__init__(
            PusherSpec(
                push_destination=pusher_pb2.PushDestination(
                    filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=directory)
                ),
                keep=keep,
                code=json.dumps(code, sort_keys=True),
                model=model,
                model_blessing=model_blessing,
                infra_blessing=infra_blessing,
                evaluation=evaluation,
                examples=examples,
                pushed_model=types.Channel(type=standard_artifacts.PushedModel),
            )
        )
