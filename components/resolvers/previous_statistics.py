"""Which span's statistics the newest are compared with."""

from __future__ import annotations

from typing import Any

from tfx.dsl.components.common import resolver
from tfx.types import artifact

from widedeep.components.metadata.lineage import accepted
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
        examples = {one.id: one for one in input_dict["examples"]}
        statistics = {one.id: one for one in input_dict["statistics"]}
        earlier = [
            (span_of(examples[of]), verdict, statistics[passed])
            for verdict, passed, of in accepted(store, [one.id for one in input_dict["verdicts"]])
            if passed in statistics and of in examples and span_of(examples[of]) < span_of(current)
        ]
        latest = max(earlier, key=lambda one: one[:2], default=None)
        return {**input_dict, "statistics": [latest[2]] if latest else []}
