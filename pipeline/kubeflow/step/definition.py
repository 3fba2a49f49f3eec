"""The pipeline as every container of a run builds it: from the image's pipeline.yaml and the run's parameters."""

from __future__ import annotations

import os
from pathlib import Path

from tfx.dsl.compiler import compiler
from tfx.dsl.io import fileio
from tfx.proto.orchestration import pipeline_pb2

from widedeep.components import features
from widedeep.components.metadata.connection import no_connection
from widedeep.pipeline.definition.beam_options import beam_args
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.definition.create import Environment, create_pipeline
from widedeep.pipeline.definition.early_checks import check_settings
from widedeep.pipeline.definition.schema_file import schema_file_name, schema_text


def build(config: PipelineConfig, root: str, models: str) -> pipeline_pb2.Pipeline:
    """Compiles the pipeline for a pipeline root that all nodes share.

    Args:
        config: the settings.
        root: folder or gs:// address for artifacts and imported schemas.
        models: where the versions are pushed to.

    Raises:
        ConfigError: features or schema are wrong.
    """
    spec = features.load(Path(config.features))
    check_settings(config, spec)
    environment = Environment(
        root=os.path.join(root, "artifacts"),
        # Whoever launches a node has the address; in the definition it would be one more place for a password.
        metadata=no_connection(),
        push_directory=models,
        schema_file=_schema_file(root, schema_text(config, spec)),
        # `auto` means one process: a container's share of its machine's cores is not what Beam would count.
        beam_args=beam_args(config.beam, config.data.format, input_bytes=0),
    )
    return compiler.Compiler().compile(create_pipeline(config, environment))


def _schema_file(root: str, text: str) -> str:
    """Writes the schema once: containers of another image may import another one, which has another name."""
    path = os.path.join(root, "schemas", schema_file_name(text))
    if not fileio.exists(path):
        fileio.makedirs(os.path.dirname(path))
        temporary = f"{path}.{os.getpid()}-{os.uname().nodename}"
        with fileio.open(temporary, "w") as file:
            file.write(text)
        fileio.rename(temporary, path, overwrite=True)
    return path
