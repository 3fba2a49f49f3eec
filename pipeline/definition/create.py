"""The one pipeline definition, which every runner runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tfx.components.schema_gen.import_schema_gen.component import ImportSchemaGen
from tfx.orchestration.pipeline import Pipeline

from widedeep.components import features
from widedeep.components.common.digests.code_digest import reading_once
from widedeep.components.metadata.connection import Connection
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.definition.nodes.checks import check_nodes
from widedeep.pipeline.definition.nodes.ingestion import example_gen
from widedeep.pipeline.definition.nodes.release import release_nodes
from widedeep.pipeline.definition.nodes.training import training_nodes
from widedeep.pipeline.definition.nodes.transformation import transform_nodes


@dataclass(frozen=True)
class Environment:
    """What a runner supplies: where artifacts, metadata and pushed models live, and how Beam runs."""

    root: str
    metadata: Connection
    push_directory: str
    schema_file: str
    beam_args: Sequence[str]


# Its steps reach much the same code.
@reading_once()
def create_pipeline(config: PipelineConfig, environment: Environment) -> Pipeline:
    """Raw impressions to a pushed model.

    Args:
        config: the settings, with resolved paths; the features file is read here.
        environment: the runner's part.
    """
    spec = features.load(Path(config.features))
    declared = features.to_json(spec)

    ingestion = example_gen(config.data, declared)
    examples = ingestion.outputs["examples"]
    imported = ImportSchemaGen(schema_file=environment.schema_file)
    schema = imported.outputs["schema"]
    gate, checks = check_nodes(config, examples, schema, declared)
    transform, transformation = transform_nodes(examples, schema, declared, config.data)
    for node in transformation:
        node.add_upstream_node(gate)
    trainer, training = training_nodes(config, transform, declared)
    release = release_nodes(config, spec, examples, schema, transform, trainer, environment.push_directory)
    return Pipeline(
        pipeline_name=config.name,
        pipeline_root=environment.root,
        components=[ingestion, imported, *checks, *transformation, *training, *release],
        enable_cache=True,
        metadata_connection_config=environment.metadata,
        beam_pipeline_args=list(environment.beam_args),
    )
