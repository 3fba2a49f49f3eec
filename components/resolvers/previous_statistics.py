"""Which span's statistics the newest are compared with."""

from __future__ import annotations

import math
from typing import Any

from tfx.dsl.components.common import resolver
from tfx.types import artifact

from widedeep.components.metadata.lineage import acceptances, last_made
from widedeep.components.resolvers.window import span_of


class LastAcceptedStatistics(resolver.ResolverStrategy):
    """Statistics of the latest earlier span that the gate let pass; none where there is no such.

    A span that was stopped is nothing to compare with: the next good one would seem to have drifted.
    """

    def resolve_artifacts(
        self, store: Any, input_dict: dict[str, list[artifact.Artifact]]
    ) -> dict[str, list[artifact.Artifact]]:
        """Reduces `statistics` to one or none, given the `current` examples, all `examples`, and all `verdicts`."""
        [current] = input_dict["current"]
        spans = {examples.id: span_of(examples) for examples in input_dict["examples"]}
        statistics = {artifact.id: artifact for artifact in input_dict["statistics"]}
        earlier = [
            acceptance
            for acceptance in acceptances(store, [verdict.id for verdict in input_dict["verdicts"]])
            if acceptance.statistics in statistics and spans.get(acceptance.examples, math.inf) < span_of(current)
        ]
        # Of a span that passed several times, the latest counts.
        latest = max(
            earlier,
            key=lambda acceptance: (
                spans[acceptance.examples],
                last_made(store, acceptance.examples),
                last_made(store, acceptance.verdict),
            ),
            default=None,
        )
        return {**input_dict, "statistics": [statistics[latest.statistics]] if latest else []}
