"""What every command works out of the code alone, once for all that are forked: digests, and TFX's own imports."""

from __future__ import annotations

from pathlib import Path

from tfx.dsl.compiler import compiler

from widedeep.components.metadata.connection import no_connection
from widedeep.pipeline.definition import config
from widedeep.pipeline.definition.create import Environment, create_pipeline

_SETTINGS = Path(__file__).parents[2] / "schema" / "movielens" / "pipeline.yaml"

compiler.Compiler().compile(
    create_pipeline(config.load(_SETTINGS), Environment("/", no_connection(), "/", "schema.pbtxt", []))
)
