"""Which spans a model is trained on."""

from __future__ import annotations

from typing import Any

from tfx.components.example_gen import utils
from tfx.dsl.components.common import resolver
from tfx.types import artifact

from widedeep.components.metadata.lineage import acceptances, last_made, producer_type


class LatestSpans(resolver.ResolverStrategy):
    """The span that this run ingested, and those before it that earlier runs did and the gate let pass, some in all.

    Of a span that passed several times, the latest counts.
    """

    def __init__(self, spans: int) -> None:
        """Names how many.

        Args:
            spans: 1 or more.
        """
        self._spans = spans

    def resolve_artifacts(
        self, store: Any, input_dict: dict[str, list[artifact.Artifact]]
    ) -> dict[str, list[artifact.Artifact]]:
        """Reduces `examples` to one a span, given the `current` one and all `verdicts`; TFX hands them on by ids."""
        [current] = input_dict["current"]
        example_gen = producer_type(store, current.id)
        verdicts = [verdict.id for verdict in input_dict["verdicts"]]
        passed = {acceptance.examples for acceptance in acceptances(store, verdicts)}
        by_span = {}
        for examples in sorted(input_dict["examples"], key=lambda examples: last_made(store, examples.id)):
            is_ours = examples.id in passed and producer_type(store, examples.id) == example_gen
            if is_ours and span_of(examples) <= span_of(current):
                by_span[span_of(examples)] = examples
        by_span[span_of(current)] = current
        newest = sorted(by_span, reverse=True)[: self._spans]
        return {**input_dict, "examples": [by_span[span] for span in newest]}


def span_of(examples: artifact.Artifact) -> int:
    """The span that ExampleGen read; 0 where the data have none."""
    # TFX writes it beside the artifact's own property of that name, which stays 0.
    return int(examples.get_custom_property(utils.SPAN_PROPERTY_NAME) or 0)
