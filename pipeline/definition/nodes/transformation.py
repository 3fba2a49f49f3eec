"""The nodes that learn the transforms and apply them."""

from __future__ import annotations

import json

from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import Resolver
from tfx.types import BaseChannel, Channel
from tfx.types.standard_artifacts import Examples, TransformCache

from widedeep.components.common.digests.code_digest import code_digest
from widedeep.components.gate.component import DataVerdict
from widedeep.components.resolvers.analysis_cache import LatestOtherAnalysis
from widedeep.components.resolvers.window import LatestSpans
from widedeep.components.transform.component import Transform
from widedeep.pipeline.definition.data_options import DataOptions


def transform_nodes(
    examples: BaseChannel, schema: BaseChannel, declared: str, data: DataOptions
) -> tuple[Transform, list[BaseNode]]:
    """Transform, over the window of spans where one is asked for.

    Args:
        examples: of the span that was read.
        schema: of the examples.
        declared: the feature declaration as JSON.
        data: names the window.

    Returns:
        Transform, and all nodes in order: before it what finds the window, and what is known of its spans already.
    """
    settings = {"features": declared, "code": code_digest("widedeep.components.transform.executor")}
    nodes: list[BaseNode] = []
    cache = None
    if data.window > 1:
        window = Resolver(
            strategy_class=LatestSpans,
            config={"spans": data.window},
            current=examples,
            examples=Channel(type=Examples),
            verdicts=Channel(type=DataVerdict),
        ).with_id("Window")
        examples = window.outputs["examples"]
        analysis = Resolver(
            strategy_class=LatestOtherAnalysis,
            config={"settings": json.dumps(settings)},
            examples=examples,
            cache=Channel(type=TransformCache),
        ).with_id("AnalyzerCache")
        cache = analysis.outputs["cache"]
        nodes = [window, analysis]
    node = Transform(examples=examples, schema=schema, settings=settings, analyzer_cache=cache)
    return node, [*nodes, node]
