"""Which model a candidate is compared with."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import tensorflow as tf
from tfx.dsl.components.common import resolver
from tfx.types import artifact
from tfx.utils import path_utils

from widedeep.components.features.model_files import FEATURES
from widedeep.components.features.spec import Label
from widedeep.components.metadata.properties import BLESSED, JUDGED_MODEL, ROLLED_BACK


class LatestOtherBlessedModel(resolver.ResolverStrategy):
    """The model of the latest blessing that can be measured on the candidate's label; none where there is no such.

    A model of another kind of label has other metrics. One that does not tell its label, since its files are gone, is
    handed on: the Evaluator says why it can't be compared with. And the candidate itself is left out:
    TFX's own LatestBlessedModelStrategy does not know the candidate: an unchanged pipeline that runs again would
    compare the last model, which is now the blessed one, with itself, miss its cache and push it a second time.
    """

    def resolve_artifacts(
        self, store: Any, input_dict: dict[str, list[artifact.Artifact]]
    ) -> dict[str, list[artifact.Artifact]]:
        """Reduces `model` and `model_blessing` to the baseline's, given the `candidate`."""
        del store
        [candidate] = input_dict["candidate"]
        for model, blessing in blessed_models(input_dict):
            if model.id != candidate.id and _label_of(model) in (None, _label_of(candidate)):
                return {**input_dict, "model": [model], "model_blessing": [blessing]}
        return {**input_dict, "model": [], "model_blessing": []}


def _label_of(model: artifact.Artifact) -> tuple[str, int | None] | None:
    try:
        with tf.io.gfile.GFile(os.path.join(path_utils.serving_model_path(model.uri), FEATURES)) as file:
            label = Label.model_validate(json.load(file)["label"])
    except (tf.errors.NotFoundError, KeyError, ValueError):
        return None
    return label.kind, label.classes


def _id(item: artifact.Artifact) -> int:
    return int(item.id)


def blessed_models(
    input_dict: dict[str, list[artifact.Artifact]],
) -> Iterator[tuple[artifact.Artifact, artifact.Artifact]]:
    """The models that were blessed, each with its blessing, the latest blessing first.

    Those are left out that failed their dry run, or that a person has taken out of service.
    """
    # Of a model that was tried again, with other limits, the last trial counts.
    passed = {
        dry_run.get_int_custom_property(JUDGED_MODEL): dry_run.get_int_custom_property(BLESSED) == 1
        for dry_run in sorted(input_dict["tried"], key=_id)
    }
    models = {model.id: model for model in input_dict["model"]}
    for blessing in sorted(input_dict["model_blessing"], key=_id, reverse=True):
        judged = blessing.get_int_custom_property(JUDGED_MODEL)
        if blessing.get_int_custom_property(BLESSED) != 1 or judged not in models or not passed.get(judged, True):
            continue
        if not models[judged].get_string_custom_property(ROLLED_BACK):
            yield models[judged], blessing
