"""The nodes that train: the Trainer, before it what searches its settings and what finds the model to start from."""

from __future__ import annotations

import json

from tfx.components.trainer.component import Trainer
from tfx.components.transform.component import Transform
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import Resolver
from tfx.proto import trainer_pb2
from tfx.types import BaseChannel, Channel
from tfx.types.standard_artifacts import InfraBlessing, Model, ModelBlessing

from widedeep.components.common.digests.code_digest import code_digest
from widedeep.components.resolvers.base_model import LatestBlessedOtherTraining
from widedeep.components.tuner.tuning_options import TuningOptions
from widedeep.pipeline.definition.config import PipelineConfig


def training_nodes(config: PipelineConfig, transform: Transform, declared: str) -> tuple[Trainer, list[BaseNode]]:
    """The Trainer on transformed examples.

    Args:
        config: the settings.
        transform: made the examples.
        declared: the feature declaration as JSON.

    Returns:
        The Trainer, and all nodes in order.
    """
    settings = {
        "features": declared,
        "training": config.training.model_dump_json(),
        # The worker's code is that of run_fn, and of what workers exchange.
        "code": code_digest("widedeep.components.trainer.worker"),
    }
    warm = config.data.in_spans if config.training.warm_start is None else config.training.warm_start
    base = _base_model(transform.outputs["transformed_examples"], settings) if warm else None
    tuner = _tuner(transform, settings, config.tuning) if config.tuning else None
    trainer = Trainer(
        run_fn="widedeep.components.trainer.run.run_fn",
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        base_model=base.outputs["model"] if base else None,
        hyperparameters=tuner.outputs["best_hyperparameters"] if tuner else None,
        train_args=trainer_pb2.TrainArgs(),
        eval_args=trainer_pb2.EvalArgs(),
        custom_config=settings,
    )
    return trainer, [node for node in (base, tuner, trainer) if node]


def _tuner(transform: Transform, settings: dict[str, str], tuning: TuningOptions) -> BaseComponent:
    """Searches on what the Trainer trains on, with its settings but for those in the space."""
    from widedeep.components.tuner.component import Tuner

    return Tuner(
        tuner_fn="widedeep.components.tuner.run.tuner_fn",
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        train_args=trainer_pb2.TrainArgs(),
        eval_args=trainer_pb2.EvalArgs(),
        custom_config={
            **settings,
            "tuning": tuning.model_dump_json(),
            "code": code_digest("widedeep.components.tuner.run"),
        },
    )


def _base_model(examples: BaseChannel, settings: dict[str, str]) -> Resolver:
    """Finds the blessed model that a training starts from."""
    return Resolver(
        strategy_class=LatestBlessedOtherTraining,
        config={"settings": json.dumps(settings)},
        examples=examples,
        model=Channel(type=Model),
        model_blessing=Channel(type=ModelBlessing),
        tried=Channel(type=InfraBlessing),
    ).with_id("BaseModel")
