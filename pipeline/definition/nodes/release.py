"""The nodes that judge a model and push it."""

from __future__ import annotations

from tfx.components.trainer.component import Trainer
from tfx.components.transform.component import Transform
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import Resolver
from tfx.proto import infra_validator_pb2
from tfx.types import BaseChannel, Channel
from tfx.types.standard_artifacts import InfraBlessing, Model, ModelBlessing

from widedeep.components import features
from widedeep.components.common.digests.code_digest import code_digest
from widedeep.components.dryrun.component import DryRun
from widedeep.components.dryrun.driver import InfraValidatorDriver
from widedeep.components.evaluator.component import Evaluator
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.pusher.component import Pusher
from widedeep.components.resolvers.baseline import LatestOtherBlessedModel
from widedeep.pipeline.definition.config import PipelineConfig

# What a version's lineage tells of the code that made it.
_CODE = {
    "ingest": "widedeep.components.ingest.executor",
    "transform": "widedeep.components.transform.executor",
    "trainer": "widedeep.components.trainer.worker",
}


def release_nodes(
    config: PipelineConfig,
    spec: FeatureSpec,
    examples: BaseChannel,
    schema: BaseChannel,
    transform: Transform,
    trainer: Trainer,
    push_directory: str,
) -> list[BaseNode]:
    """Finds the baseline, compares the candidate with it, tries the candidate as a server, and pushes it.

    Args:
        config: the settings.
        spec: the feature declaration.
        examples: raw examples.
        schema: of the examples.
        transform: made the graph that the candidate holds.
        trainer: made the candidate.
        push_directory: where servers look.
    """
    baseline = Resolver(
        strategy_class=LatestOtherBlessedModel,
        candidate=trainer.outputs["model"],
        model=Channel(type=Model),
        model_blessing=Channel(type=ModelBlessing),
        tried=Channel(type=InfraBlessing),
    ).with_id("LatestBlessedModel")
    evaluator = Evaluator(
        examples=examples,
        model=trainer.outputs["model"],
        model_run=trainer.outputs["model_run"],
        baseline_model=baseline.outputs["model"],
        schema=schema,
        spec=spec,
        options=config.evaluation,
        code=code_digest("widedeep.components.evaluator.component"),
    )
    dry_run = _dry_run(config, spec, examples, transform, trainer, evaluator)
    pusher = Pusher(
        model=trainer.outputs["model"],
        model_blessing=evaluator.outputs["blessing"],
        infra_blessing=dry_run.outputs["blessing"],
        evaluation=evaluator.outputs["evaluation"],
        examples=transform.inputs["examples"],
        directory=push_directory,
        keep=config.push.keep,
        code={step: code_digest(module) for step, module in _CODE.items()},
    )
    return [baseline, evaluator, dry_run, pusher]


def _dry_run(
    config: PipelineConfig,
    spec: FeatureSpec,
    examples: BaseChannel,
    transform: Transform,
    trainer: Trainer,
    evaluator: Evaluator,
) -> BaseComponent:
    if config.dry_run.server == "infra_validator":
        return _infra_validator(config, examples, trainer)
    return DryRun(
        model=trainer.outputs["model"],
        model_blessing=evaluator.outputs["blessing"],
        examples=examples,
        transform_graph=transform.outputs["transform_graph"],
        spec=features.to_json(spec),
        options=config.dry_run,
        split=config.evaluation.split,
        code=code_digest("widedeep.components.dryrun.executor") + code_digest("widedeep.serving.standin.server"),
    )


def _infra_validator(config: PipelineConfig, examples: BaseChannel, trainer: Trainer) -> BaseComponent:
    """TFX's own, which starts TF Serving beside it on Kubernetes."""
    from tfx.components.infra_validator.component import InfraValidator

    name, _, tag = config.dry_run.image.rpartition(":")
    node = InfraValidator(
        model=trainer.outputs["model"],
        examples=examples,
        serving_spec=infra_validator_pb2.ServingSpec(
            tensorflow_serving=infra_validator_pb2.TensorFlowServing(image_name=name, tags=[tag]),
            kubernetes=infra_validator_pb2.KubernetesConfig(),
        ),
        validation_spec=infra_validator_pb2.ValidationSpec(max_loading_time_seconds=round(config.dry_run.load_seconds)),
        request_spec=infra_validator_pb2.RequestSpec(
            tensorflow_serving=infra_validator_pb2.TensorFlowServingRequestSpec(signature_names=["serving_default"]),
            num_examples=config.dry_run.rows,
            split_name=config.evaluation.split,
            make_warmup=True,
        ),
    )
    node.driver_class = InfraValidatorDriver
    return node
