"""The nodes that read raw rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from tfx.proto import example_gen_pb2, range_config_pb2

from widedeep.components.common.digests.code_digest import code_digest
from widedeep.components.common.errors import ConfigError
from widedeep.components.ingest.component import ExampleGen
from widedeep.components.ingest.ingest_options import IngestOptions, as_custom_config
from widedeep.components.ingest.paths import literal, span_literal
from widedeep.components.ingest.splitting.split_files import ALL, SERVING
from widedeep.pipeline.definition.data_options import DataOptions
from widedeep.pipeline.definition.spans.span_pattern import SpanPattern


def example_gen(data: DataOptions, declared: str) -> ExampleGen:
    """Reads one span's splits.

    Args:
        data: where the rows are.
        declared: the feature declaration as JSON.

    Raises:
        ConfigError: `data.span` is a range, which is a pipeline for each span.
    """
    if data.spans is not None:
        raise ConfigError(
            f"data.span is {data.span}: a pipeline reads one span; `widedeep run` runs one after another."
        )
    output = None
    if data.splits:
        patterns = dict(data.splits)
    else:
        patterns = {ALL: data.query or data.pattern}
        # Of splits by time TFX needs the names alone, in the order of time.
        shares = data.hash_split or dict.fromkeys(data.split_names, 1)
        output = example_gen_pb2.Output(
            split_config=example_gen_pb2.SplitConfig(
                splits=[
                    example_gen_pb2.SplitConfig.Split(name=name, hash_buckets=share) for name, share in shares.items()
                ]
            )
        )
    span = None
    if data.span_numbers:
        [number] = data.span_numbers
        span = range_config_pb2.RangeConfig(
            static_range=range_config_pb2.StaticRange(start_span_number=number, end_span_number=number)
        )
    return ExampleGen(
        input_base=_base(data, patterns.values()),
        input_config=_input(patterns),
        output_config=output,
        range_config=span,
        custom_config=_custom_config(data, declared, labelled=True),
    )


def serving_example_gen(data: DataOptions, declared: str) -> ExampleGen:
    """Reads what a server was asked for, the latest span of it where it comes in spans."""
    assert data.serving is not None
    node = ExampleGen(
        input_base=_base(data, [data.serving]),
        input_config=_input({SERVING: data.serving}),
        custom_config=_custom_config(data, declared, labelled=False),
    )
    return cast("ExampleGen", node.with_id("ServingExampleGen"))


def _base(data: DataOptions, patterns: Iterable[str]) -> str:
    """The data's folder as TFX takes it: as the beginning of each pattern."""
    if data.format == "sql":
        return "sql"
    in_spans = any(SpanPattern(pattern).in_spans for pattern in patterns)
    return span_literal(data.path) if in_spans else literal(data.path)


def _input(patterns: dict[str, str]) -> example_gen_pb2.Input:
    splits = [example_gen_pb2.Input.Split(name=name, pattern=pattern) for name, pattern in patterns.items()]
    return example_gen_pb2.Input(splits=splits)


def _custom_config(data: DataOptions, declared: str, labelled: bool) -> example_gen_pb2.CustomConfig:
    options = IngestOptions(
        features=declared,
        format=data.format,
        labelled=labelled,
        dialect=data.dialect,
        hash_by=data.hash_by if labelled else None,
        split_by_time=data.split_by_time if labelled else None,
        negatives=data.negatives if labelled else None,
        connection=data.connection or "",
        code=code_digest("widedeep.components.ingest.executor"),
    )
    return as_custom_config(options)
