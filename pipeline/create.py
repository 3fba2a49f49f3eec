"""The one pipeline definition, which every runner runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import struct_pb2
from ml_metadata.proto import metadata_store_pb2
from tfx.components.evaluator.component import Evaluator
from tfx.components.example_validator.component import ExampleValidator
from tfx.components.schema_gen.import_schema_gen.component import ImportSchemaGen
from tfx.components.statistics_gen.component import StatisticsGen
from tfx.components.trainer.component import Trainer
from tfx.components.transform.component import Transform
from tfx.dsl.components.common.resolver import Resolver
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import example_gen_pb2, pusher_pb2, range_config_pb2, trainer_pb2
from tfx.types import Channel
from tfx.types.standard_artifacts import Model, ModelBlessing

from components import features
from components.digest import code_digest
from components.evaluator.baseline import LatestOtherBlessedModel
from components.evaluator.config import make_config
from components.gate.component import DataGate
from components.ingest.component import ExampleGen
from components.pusher.component import Pusher
from pipeline.config import DataOptions, PipelineConfig


@dataclass(frozen=True)
class Environment:
    """What a runner supplies: where artifacts, metadata and pushed models live, and how Beam runs."""

    root: str
    metadata: metadata_store_pb2.ConnectionConfig
    push_directory: str
    schema_file: str
    beam_args: Sequence[str]


def create_pipeline(config: PipelineConfig, environment: Environment) -> Pipeline:
    """Raw impressions to a pushed model.

    Args:
        config: the settings, with resolved paths; the features file is read here.
        environment: the runner's part.
    """
    spec = features.load(Path(config.features))
    declared = features.to_json(spec)

    examples = _example_gen(config.data, declared)
    statistics = StatisticsGen(examples=examples.outputs["examples"])
    schema = ImportSchemaGen(schema_file=environment.schema_file)
    validator = ExampleValidator(statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"])
    gate = DataGate(
        statistics=statistics.outputs["statistics"],
        anomalies=validator.outputs["anomalies"],
        spec=declared,
        options=config.gate,
        code=code_digest("components.gate.component"),
    )
    transform = Transform(
        examples=examples.outputs["examples"],
        schema=schema.outputs["schema"],
        preprocessing_fn="components.transform.preprocessing.preprocessing_fn",
        custom_config={"features": declared, "code": code_digest("components.transform.preprocessing")},
        # StatisticsGen has computed them already.
        disable_statistics=True,
        disable_analyzer_cache=True,
    )
    transform.add_upstream_node(gate)
    trainer = Trainer(
        run_fn="components.trainer.run.run_fn",
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        train_args=trainer_pb2.TrainArgs(),
        eval_args=trainer_pb2.EvalArgs(),
        custom_config={
            "features": declared,
            "training": config.training.model_dump_json(),
            "code": code_digest("components.trainer.run"),
        },
    )
    blessed = Resolver(
        strategy_class=LatestOtherBlessedModel,
        candidate=trainer.outputs["model"],
        model=Channel(type=Model),
        model_blessing=Channel(type=ModelBlessing),
    ).with_id("LatestBlessedModel")
    evaluator = Evaluator(
        examples=examples.outputs["examples"],
        model=trainer.outputs["model"],
        baseline_model=blessed.outputs["model"],
        schema=schema.outputs["schema"],
        eval_config=make_config(spec, config.evaluation),
        example_splits=[config.evaluation.split],
    )
    push = Pusher(
        model=trainer.outputs["model"],
        model_blessing=evaluator.outputs["blessing"],
        push_destination=pusher_pb2.PushDestination(
            filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=environment.push_directory)
        ),
    )
    return Pipeline(
        pipeline_name=config.name,
        pipeline_root=environment.root,
        components=[examples, statistics, schema, validator, gate, transform, trainer, blessed, evaluator, push],
        enable_cache=True,
        metadata_connection_config=environment.metadata,
        beam_pipeline_args=list(environment.beam_args),
    )


def _example_gen(data: DataOptions, declared: str) -> ExampleGen:
    options = struct_pb2.Struct()
    options.update({"features": declared, "format": data.format, "code": code_digest("components.ingest.executor")})
    custom = example_gen_pb2.CustomConfig()
    custom.custom_config.Pack(options)
    output = None
    if data.splits:
        read = dict(data.splits)
    else:
        read = {"all": data.pattern}
        splits = (data.hash_split or {}).items()
        output = example_gen_pb2.Output(
            split_config=example_gen_pb2.SplitConfig(
                splits=[example_gen_pb2.SplitConfig.Split(name=n, hash_buckets=b) for n, b in splits]
            )
        )
    one_span = None
    if data.span != "latest":
        one_span = range_config_pb2.RangeConfig(
            static_range=range_config_pb2.StaticRange(start_span_number=data.span, end_span_number=data.span)
        )
    return ExampleGen(
        input_base=data.path,
        input_config=example_gen_pb2.Input(
            splits=[example_gen_pb2.Input.Split(name=name, pattern=pattern) for name, pattern in read.items()]
        ),
        output_config=output,
        range_config=one_span,
        custom_config=custom,
    )
