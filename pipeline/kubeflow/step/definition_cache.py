"""Compiled definitions, cached beside the artifacts: to build one takes all of TFX's components, and TensorFlow.

A definition lies under a digest of all that decides it, so that another image, or other settings, never meet it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.message import DecodeError
from tfx.proto.orchestration import pipeline_pb2

from widedeep.components.common.digests.code_digest import code_digest
from widedeep.components.common.files import write_whole
from widedeep.pipeline.definition.config import PipelineConfig

_CODE = Path(__file__).resolve().parents[3]
# A definition holds digests of the code of all steps; the dry run's covers the stand-in server.
_PACKAGES = ("components", "pipeline", "serving")


def read(config: PipelineConfig, root: str, models: str) -> pipeline_pb2.Pipeline | None:
    """The definition that an earlier node has compiled; None where there is none, or the root is no folder."""
    try:
        return pipeline_pb2.Pipeline.FromString(_file(config, root, models).read_bytes())
    except (OSError, DecodeError):
        return None


def write(pipeline: pipeline_pb2.Pipeline, config: PipelineConfig, root: str, models: str) -> None:
    """Writes a definition, whole or not at all, for the nodes that follow."""
    if "://" in root:
        return
    write_whole(_file(config, root, models), pipeline.SerializeToString(deterministic=True))


def _file(config: PipelineConfig, root: str, models: str) -> Path:
    digest = hashlib.sha256()
    for part in _parts(config, root, models):
        digest.update(len(part).to_bytes(8) + part)
    return Path(root, "definitions", f"{digest.hexdigest()[:32]}.pb")


def _parts(config: PipelineConfig, root: str, models: str) -> Iterator[bytes]:
    yield from (root.encode(), models.encode(), config.model_dump_json().encode())
    for file in filter(None, (config.features, config.schema_file)):
        yield Path(file).read_bytes()
    # Of its own digest only the libraries' versions matter here: the code follows.
    yield code_digest("widedeep.components.common.digests.code_digest").encode()
    for package in _PACKAGES:
        for module in sorted((_CODE / package).rglob("*.py")):
            yield from (str(module.relative_to(_CODE)).encode(), module.read_bytes())
