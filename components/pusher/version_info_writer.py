"""Writes what a version tells of itself (see components/pusher/version_info.py) from what its push was given."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from tfx.components.evaluator import constants
from tfx.components.example_gen import utils
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import artifact
from tfx.utils import io_utils

from widedeep.components.evaluator import results
from widedeep.components.pusher import version_info
from widedeep.components.pusher.push import versions
from widedeep.components.resolvers.window import span_of

_LIBRARIES = ("tensorflow", "tfx")


def write(
    folder: str,
    inputs: Mapping[str, Sequence[artifact.Artifact]],
    context: BaseExecutor.Context | None,
    code: str,
    base: str,
) -> None:
    """Writes metrics.json and lineage.json.

    Args:
        folder: a copy of the SavedModel.
        inputs: the Pusher's.
        context: TFX's, which knows pipeline and run.
        code: JSON of the digest of the code behind each step.
        base: the folder of versions.
    """
    [evaluation] = inputs["evaluation"]
    metrics = results.read(evaluation.uri).metrics
    finite = {
        model: {name: value if math.isfinite(value) else None for name, value in of.items()}
        for model, of in metrics.items()
    }
    io_utils.write_string_file(os.path.join(folder, version_info.METRICS), version_info.text(finite))
    [model] = inputs["model"]
    [blessing] = inputs["model_blessing"]
    lineage = {
        "pipeline": context.pipeline_info.id if context else None,
        "run": context.pipeline_run_id if context else None,
        "pushed": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": {"id": model.id, "uri": model.uri},
        "baseline": _baseline(blessing, base),
        "data": [_data(one) for one in sorted(inputs["examples"], key=span_of)],
        "code": json.loads(code),
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
        "rollback": None,
    }
    io_utils.write_string_file(os.path.join(folder, version_info.LINEAGE), version_info.text(lineage))


def _baseline(blessing: artifact.Artifact, base: str) -> dict[str, Any] | None:
    number = blessing.get_int_custom_property(constants.ARTIFACT_PROPERTY_BASELINE_MODEL_ID_KEY)
    if not number:
        return None
    uri = blessing.get_string_custom_property(constants.ARTIFACT_PROPERTY_BASELINE_MODEL_URI_KEY)
    model = {"id": number, "uri": uri}
    # The versions in a bucket are not looked through.
    known = {} if "://" in base else versions(Path(base))
    held = [
        one for one, folder in known.items() if version_info.read(folder, version_info.LINEAGE).get("model") == model
    ]
    return {**model, "version": max(held, default=None)}


def _data(examples: artifact.Artifact) -> dict[str, Any]:
    return {
        "span": span_of(examples),
        "version": examples.get_custom_property(utils.VERSION_PROPERTY_NAME),
        "fingerprint": examples.get_string_custom_property(utils.FINGERPRINT_PROPERTY_NAME),
        "uri": examples.uri,
    }
