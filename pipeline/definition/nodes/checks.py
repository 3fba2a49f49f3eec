"""The nodes that judge the data."""

from __future__ import annotations

from tfx.components.example_validator.component import ExampleValidator
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import Resolver
from tfx.types import BaseChannel, Channel
from tfx.types.standard_artifacts import Examples, ExampleStatistics

from widedeep.components.common.digests.code_digest import code_digest
from widedeep.components.gate.component import DataGate, DataVerdict
from widedeep.components.resolvers.previous_statistics import LastAcceptedStatistics
from widedeep.components.resolvers.window import LatestSpans
from widedeep.components.statistics.component import StatisticsGen
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.definition.nodes.ingestion import serving_example_gen

# A model that starts from the one before has learned from all spans so far; what is there twice is rarely an old one.
_COMPARED = 8


def check_nodes(
    config: PipelineConfig, examples: BaseChannel, schema: BaseChannel, declared: str
) -> tuple[DataGate, list[BaseNode]]:
    """The gate on data, and what it looks at.

    Args:
        config: the settings.
        examples: of the span that was read.
        schema: of the examples.
        declared: the feature declaration as JSON.

    Returns:
        The gate, and all nodes in order.
    """
    statistics = _statistics(examples)
    validator = ExampleValidator(statistics=statistics.outputs["statistics"], schema=schema)
    previous = _previous_statistics(examples) if config.data.in_spans else None
    spans = _spans(examples, max(config.data.window, _COMPARED)) if config.data.in_spans else None
    serving = _serving_nodes(config, declared) if config.data.serving else []
    gate = DataGate(
        statistics=statistics.outputs["statistics"],
        anomalies=validator.outputs["anomalies"],
        spec=declared,
        options=config.gate,
        code=code_digest("widedeep.components.gate.component"),
        previous=previous.outputs["statistics"] if previous else None,
        serving=serving[-1].outputs["statistics"] if serving else None,
        examples=examples,
        serving_examples=serving[0].outputs["examples"] if serving else None,
        spans=spans.outputs["examples"] if spans else None,
        window=config.data.window,
    )
    return gate, [statistics, validator, *filter(None, (previous, spans)), *serving, gate]


def _statistics(examples: BaseChannel) -> StatisticsGen:
    return StatisticsGen(examples, code_digest("widedeep.components.statistics.component"))


def _previous_statistics(examples: BaseChannel) -> Resolver:
    """Finds the statistics of the span before."""
    return Resolver(
        strategy_class=LastAcceptedStatistics,
        current=examples,
        examples=Channel(type=Examples),
        statistics=Channel(type=ExampleStatistics),
        verdicts=Channel(type=DataVerdict),
    ).with_id("PreviousStatistics")


def _spans(examples: BaseChannel, number: int) -> Resolver:
    """Finds the span that was read and those accepted before it, whose rows the model has learned from."""
    return Resolver(
        strategy_class=LatestSpans,
        config={"spans": number},
        current=examples,
        examples=Channel(type=Examples),
        verdicts=Channel(type=DataVerdict),
    ).with_id("Spans")


def _serving_nodes(config: PipelineConfig, declared: str) -> list[BaseNode]:
    ingestion = serving_example_gen(config.data, declared)
    statistics = _statistics(ingestion.outputs["examples"]).with_id("ServingStatisticsGen")
    return [ingestion, statistics]
