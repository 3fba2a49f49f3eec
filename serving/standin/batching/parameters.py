"""TF Serving's BatchingParameters, from its text-proto file.

The tensorflow-serving-api package does not carry the message, so it is made here, in a pool of its own, with the
fields of tensorflow_serving/servables/tensorflow/session_bundle_config.proto.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, wrappers_pb2

from widedeep.components.common.errors import ConfigError, reason

log = logging.getLogger(__name__)
_FIELDS = {
    "max_batch_size": (1, "Int64Value"),
    "batch_timeout_micros": (2, "Int64Value"),
    "max_enqueued_batches": (3, "Int64Value"),
    "num_batch_threads": (4, "Int64Value"),
    "thread_pool_name": (5, "StringValue"),
    "allowed_batch_sizes": (6, "int64"),
    "pad_variable_length_inputs": (7, "bool"),
    "enable_large_batch_splitting": (8, "BoolValue"),
    "max_execution_batch_size": (9, "Int64Value"),
}
# They tune how TF Serving runs; the answers are the same without.
_WITHOUT_EFFECT = {"thread_pool_name", "allowed_batch_sizes"}


@dataclass(frozen=True)
class Parameters:
    """How requests are put together; the defaults are TF Serving's."""

    max_batch_size: int = 1000  # rows of a request
    batch_timeout_micros: int = 0
    max_enqueued_batches: int = 10
    num_batch_threads: int = os.cpu_count() or 1
    pad_variable_length_inputs: bool = False
    enable_large_batch_splitting: bool = False
    max_execution_batch_size: int | None = None  # rows; heeded only with splitting, and then max_batch_size if None

    @property
    def rows(self) -> int:
        """Of a batch, at most."""
        if self.enable_large_batch_splitting and self.max_execution_batch_size:
            return self.max_execution_batch_size
        return self.max_batch_size


def read(file: Path) -> Parameters:
    """Reads a file as TF Serving's --batching_parameters_file.

    Raises:
        ConfigError: it can't be read, or asks for what the stand-in does not do.
    """
    message: Any = _message()()
    try:
        text_format.Parse(file.read_text(encoding="utf-8"), message)
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise ConfigError(f"{file} is not a text-proto of TF Serving's BatchingParameters: {reason(error)}.") from None
    given = {}
    for field, value in message.ListFields():
        if field.name in _WITHOUT_EFFECT:
            log.warning("%s: %s has no effect here", file, field.name)
        else:
            given[field.name] = value if isinstance(value, bool) else value.value
    for name, value in given.items():
        least = 0 if name == "batch_timeout_micros" else 1
        if not isinstance(value, bool) and value < least:
            raise ConfigError(f"{file}: {name} is {value}; it must be at least {least}.")
    parameters = Parameters(**given)
    if parameters.rows > parameters.max_batch_size:
        raise ConfigError(
            f"{file}: max_execution_batch_size is {parameters.rows}; it may be at most max_batch_size, "
            f"{parameters.max_batch_size}."
        )
    return parameters


def _message() -> Any:
    wrappers = descriptor_pb2.FileDescriptorProto()
    wrappers_pb2.DESCRIPTOR.CopyToProto(wrappers)
    file = descriptor_pb2.FileDescriptorProto(
        name="batching_parameters.proto", package="tensorflow.serving", syntax="proto3", dependency=[wrappers.name]
    )
    message = file.message_type.add(name="BatchingParameters")
    for name, (number, kind) in _FIELDS.items():
        field = message.field.add(name=name, number=number, label=3 if name == "allowed_batch_sizes" else 1)
        if kind.endswith("Value"):
            field.type, field.type_name = field.TYPE_MESSAGE, f".google.protobuf.{kind}"
        else:
            field.type = field.TYPE_BOOL if kind == "bool" else field.TYPE_INT64
    pool = descriptor_pool.DescriptorPool()
    pool.Add(wrappers)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.serving.BatchingParameters"))
