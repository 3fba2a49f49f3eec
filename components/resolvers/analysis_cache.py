"""What earlier runs have learned from spans that are analysed again."""

from __future__ import annotations

import json
from typing import Any

from tfx.dsl.components.common import resolver
from tfx.types import artifact

from widedeep.components.metadata.lineage import is_outcome_of


class LatestOtherAnalysis(resolver.ResolverStrategy):
    """The latest cache of analyzers that an analysis of other spans, or with other settings, left."""

    def __init__(self, settings: str) -> None:
        """Names this analysis.

        Args:
            settings: Transform's custom_config as JSON.
        """
        self._settings = json.loads(settings)

    def resolve_artifacts(
        self, store: Any, input_dict: dict[str, list[artifact.Artifact]]
    ) -> dict[str, list[artifact.Artifact]]:
        """Reduces `cache` to that one, or none, given the `examples` of this analysis."""
        examples = {examples.id for examples in input_dict["examples"]}
        for cache in sorted(input_dict["cache"], key=lambda cache: int(cache.id), reverse=True):
            if not is_outcome_of(store, cache.id, self._settings, examples):
                return {**input_dict, "cache": [cache]}
        return {**input_dict, "cache": []}
