"""Which model a training starts from."""

from __future__ import annotations

import json
from typing import Any

from tfx.dsl.components.common import resolver
from tfx.types import artifact

from widedeep.components.metadata.lineage import is_outcome_of
from widedeep.components.resolvers.baseline import blessed_models


class LatestBlessedOtherTraining(resolver.ResolverStrategy):
    """The model of the latest blessing that another training made; none where there is no such model.

    Another training had other settings or other examples. The model of the same ones is what this training, run
    again, would make: starting from it would learn the same examples twice.
    """

    def __init__(self, settings: str) -> None:
        """Names this training.

        Args:
            settings: the Trainer's custom_config as JSON.
        """
        self._settings = json.loads(settings)

    def resolve_artifacts(
        self, store: Any, input_dict: dict[str, list[artifact.Artifact]]
    ) -> dict[str, list[artifact.Artifact]]:
        """Reduces `model` and `model_blessing` to the model's, given this training's transformed `examples`."""
        examples = {examples.id for examples in input_dict["examples"]}
        for model, blessing in blessed_models(input_dict):
            if not is_outcome_of(store, model.id, self._settings, examples):
                return {**input_dict, "model": [model], "model_blessing": [blessing]}
        return {**input_dict, "model": [], "model_blessing": []}
