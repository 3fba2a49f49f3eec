"""Writes what a version tells of itself (see components/pusher/version_info.py) from what its push was given."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from tfx.components.evaluator import constants
from tfx.components.example_gen import utils
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.dsl.io import fileio
from tfx.types import artifact

from widedeep.components.evaluator import results
from widedeep.components.features.model_files import ROWS
from widedeep.components.ingest.conversion.row_format import ROW_FORMAT
from widedeep.components.pusher.push import versions
from widedeep.components.pusher.version_info import (
    LINEAGE,
    METRICS,
    Baseline,
    Data,
    Lineage,
    ModelArtifact,
    VersionMetrics,
    read_lineage,
)
from widedeep.components.resolvers.window import span_of

_LIBRARIES = ("tensorflow", "tfx")


def write(
    folder: str,
    inputs: Mapping[str, Sequence[artifact.Artifact]],
    context: BaseExecutor.Context | None,
    code: str,
    base: str,
) -> None:
    """Writes metrics.json, lineage.json and rows.json.

    Args:
        folder: a copy of the SavedModel.
        inputs: the Pusher's.
        context: TFX's, which knows pipeline and run.
        code: JSON of the digest of the code behind each step.
        base: the folder of versions.
    """
    [evaluation] = inputs["evaluation"]
    VersionMetrics(**results.read(evaluation.uri).metrics).write(os.path.join(folder, METRICS))
    [model] = inputs["model"]
    [blessing] = inputs["model_blessing"]
    lineage = Lineage(
        pipeline=context.pipeline_info.id if context else None,
        run=context.pipeline_run_id if context else None,
        pushed=datetime.now(UTC).isoformat(timespec="seconds"),
        model=ModelArtifact(id=model.id, uri=model.uri),
        baseline=_baseline(blessing, base),
        data=[_data(examples) for examples in sorted(inputs["examples"], key=span_of)],
        code=json.loads(code),
        libraries={name: metadata.version(name) for name in _LIBRARIES},
    )
    lineage.write(os.path.join(folder, LINEAGE))
    newest = max(inputs["examples"], key=span_of)
    rows = os.path.join(newest.uri, ROW_FORMAT)
    if fileio.exists(rows):
        fileio.copy(rows, os.path.join(folder, ROWS), overwrite=True)


def _baseline(blessing: artifact.Artifact, base: str) -> Baseline | None:
    number = blessing.get_int_custom_property(constants.ARTIFACT_PROPERTY_BASELINE_MODEL_ID_KEY)
    if not number:
        return None
    uri = blessing.get_string_custom_property(constants.ARTIFACT_PROPERTY_BASELINE_MODEL_URI_KEY)
    model = ModelArtifact(id=number, uri=uri)
    # The versions in a bucket are not looked through.
    present = {} if "://" in base else versions(Path(base))
    lineages = {version: read_lineage(folder) for version, folder in present.items()}
    holding = [version for version, lineage in lineages.items() if lineage and lineage.model == model]
    return Baseline(id=number, uri=uri, version=max(holding, default=None))


def _data(examples: artifact.Artifact) -> Data:
    return Data(
        span=span_of(examples),
        version=examples.get_custom_property(utils.VERSION_PROPERTY_NAME),
        fingerprint=examples.get_string_custom_property(utils.FINGERPRINT_PROPERTY_NAME),
        uri=examples.uri,
    )
