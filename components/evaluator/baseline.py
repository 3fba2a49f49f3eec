"""Which model a candidate is compared with."""

from __future__ import annotations

from typing import Any

from tfx.dsl.components.common import resolver
from tfx.types import artifact

_BLESSED = "blessed"
_JUDGED_MODEL = "current_model_id"


class LatestOtherBlessedModel(resolver.ResolverStrategy):
    """The model of the latest blessing, the candidate itself left out; none where there is no such model.

    TFX's own LatestBlessedModelStrategy does not know the candidate: an unchanged pipeline that runs again would
    compare the last model, which is now the blessed one, with itself, miss its cache and push it a second time.
    """

    def resolve_artifacts(
        self, store: Any, input_dict: dict[str, list[artifact.Artifact]]
    ) -> dict[str, list[artifact.Artifact]]:
        """Reduces `model` and `model_blessing` to the baseline's, given the `candidate`."""
        del store
        candidates = {model.id for model in input_dict["candidate"]}
        models = {model.id: model for model in input_dict["model"] if model.id not in candidates}
        for blessing in sorted(input_dict["model_blessing"], key=lambda one: one.id, reverse=True):
            judged = blessing.get_int_custom_property(_JUDGED_MODEL)
            if blessing.get_int_custom_property(_BLESSED) == 1 and judged in models:
                return {**input_dict, "model": [models[judged]], "model_blessing": [blessing]}
        return {**input_dict, "model": [], "model_blessing": []}
