"""The schema that a run imports: its text, and the name of its file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from google.protobuf import text_format

from widedeep.components.features import schema as schemas
from widedeep.components.features.spec import FeatureSpec
from widedeep.pipeline.definition.config import PipelineConfig


def schema_text(config: PipelineConfig, spec: FeatureSpec) -> str:
    """The schema of a pipeline as a text-proto: the curated one, or what follows from the declaration.

    Raises:
        ConfigError: the curated one contradicts the declaration.
    """
    if config.schema_file is None:
        return str(text_format.MessageToString(schemas.derive(spec)))
    path = Path(config.schema_file)
    schemas.check_agreement(spec, schemas.read(path), path)
    return path.read_text(encoding="utf-8")


def schema_file_name(text: str) -> str:
    """A name for the file, which follows from its content.

    ImportSchemaGen's cache key holds the path alone: an equal name for another content would be stale.
    """
    return f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.pbtxt"
