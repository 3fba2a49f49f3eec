"""The nodes that judge a model and push it."""

from __future__ import annotations

from tfx.components.evaluator.component import Evaluator
from tfx.components.trainer.component import Trainer
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import Resolver
from tfx.proto import pusher_pb2
from tfx.types import BaseChannel, Channel
from tfx.types.standard_artifacts import Model, ModelBlessing

from components.evaluator.baseline import LatestOtherBlessedModel
from components.evaluator.config import make_config
from components.features.spec import FeatureSpec
from components.pusher.component import Pusher
from pipeline.config import PipelineConfig


def release_nodes(
    config: PipelineConfig,
    spec: FeatureSpec,
    examples: BaseChannel,
    schema: BaseChannel,
    trainer: Trainer,
    push_directory: str,
) -> list[BaseNode]:
    """Finds the baseline, compares the candidate with it on raw examples, and pushes it when it is good enough."""
    blessed = Resolver(
        strategy_class=LatestOtherBlessedModel,
        candidate=trainer.outputs["model"],
        model=Channel(type=Model),
        model_blessing=Channel(type=ModelBlessing),
    ).with_id("LatestBlessedModel")
    evaluator = Evaluator(
        examples=examples,
        model=trainer.outputs["model"],
        baseline_model=blessed.outputs["model"],
        schema=schema,
        eval_config=make_config(spec, config.evaluation),
        example_splits=[config.evaluation.split],
    )
    push = Pusher(
        model=trainer.outputs["model"],
        model_blessing=evaluator.outputs["blessing"],
        push_destination=pusher_pb2.PushDestination(
            filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=push_directory)
        ),
    )
    return [blessed, evaluator, push]
