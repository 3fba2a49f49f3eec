"""The node that reads raw rows."""

from __future__ import annotations

from google.protobuf import struct_pb2
from tfx.proto import example_gen_pb2, range_config_pb2

from components.digest import code_digest
from components.ingest.component import ExampleGen
from pipeline.config import DataOptions


def example_gen(data: DataOptions, declared: str) -> ExampleGen:
    """Reads one span's splits.

    Args:
        data: where the rows are.
        declared: the feature declaration as JSON.
    """
    options = struct_pb2.Struct()
    options.update({"features": declared, "format": data.format, "code": code_digest("components.ingest.executor")})
    custom = example_gen_pb2.CustomConfig()
    custom.custom_config.Pack(options)
    output = None
    if data.splits:
        read = dict(data.splits)
    else:
        read = {"all": data.pattern}
        splits = (data.hash_split or {}).items()
        output = example_gen_pb2.Output(
            split_config=example_gen_pb2.SplitConfig(
                splits=[example_gen_pb2.SplitConfig.Split(name=n, hash_buckets=b) for n, b in splits]
            )
        )
    one_span = None
    if data.span != "latest":
        one_span = range_config_pb2.RangeConfig(
            static_range=range_config_pb2.StaticRange(start_span_number=data.span, end_span_number=data.span)
        )
    return ExampleGen(
        input_base=data.path,
        input_config=example_gen_pb2.Input(
            splits=[example_gen_pb2.Input.Split(name=name, pattern=pattern) for name, pattern in read.items()]
        ),
        output_config=output,
        range_config=one_span,
        custom_config=custom,
    )
