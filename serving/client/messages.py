"""The few messages of TF Serving's gRPC interface that the client sends and reads.

The generated classes of tensorflow-serving-api import all of TensorFlow. These are made here, in a pool of their own,
from the numbers and types in tensorflow_serving/apis and tensorflow/core, so that they can live beside those.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

_PACKAGE = "widedeep.serving"
_FIELD = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _FIELD.TYPE_BOOL,
    "bytes": _FIELD.TYPE_BYTES,
    "double": _FIELD.TYPE_DOUBLE,
    "float": _FIELD.TYPE_FLOAT,
    "int32": _FIELD.TYPE_INT32,
    "int64": _FIELD.TYPE_INT64,
    "string": _FIELD.TYPE_STRING,
    "uint32": _FIELD.TYPE_UINT32,
    "uint64": _FIELD.TYPE_UINT64,
}

# Each field is "number type", "number repeated type" or "number map type", whose keys are strings.
_MESSAGES = {
    "Int64Value": {"value": "1 int64"},
    "Any": {"type_url": "1 string", "value": "2 bytes"},
    "ModelSpec": {
        "name": "1 string",
        "version": "2 Int64Value",
        "signature_name": "3 string",
        "version_label": "4 string",
    },
    "Dim": {"size": "1 int64"},
    "TensorShape": {"dim": "2 repeated Dim", "unknown_rank": "3 bool"},
    "Tensor": {
        "dtype": "1 int32",
        "tensor_shape": "2 TensorShape",
        "tensor_content": "4 bytes",
        "float_val": "5 repeated float",
        "double_val": "6 repeated double",
        "int_val": "7 repeated int32",
        "string_val": "8 repeated bytes",
        "int64_val": "10 repeated int64",
        "bool_val": "11 repeated bool",
        "uint32_val": "16 repeated uint32",
        "uint64_val": "17 repeated uint64",
    },
    "PredictRequest": {"model_spec": "1 ModelSpec", "inputs": "2 map Tensor", "output_filter": "3 repeated string"},
    "PredictResponse": {"outputs": "1 map Tensor", "model_spec": "2 ModelSpec"},
    "GetModelMetadataRequest": {"model_spec": "1 ModelSpec", "metadata_field": "2 repeated string"},
    "GetModelMetadataResponse": {"model_spec": "1 ModelSpec", "metadata": "2 map Any"},
    "TensorInfo": {"dtype": "2 int32", "tensor_shape": "3 TensorShape"},
    "SignatureDef": {"inputs": "1 map TensorInfo", "defaults": "4 map Tensor"},
    "SignatureDefMap": {"signature_def": "1 map SignatureDef"},
}


def _set_type(field: Any, kind: str) -> None:
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type, field.type_name = _FIELD.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"


def _add_field(message: Any, name: str, declared: str) -> None:
    number, *how, kind = declared.split()
    field = message.field.add(name=name, number=int(number), label=_FIELD.LABEL_REPEATED if how else 1)
    if how == ["map"]:
        entry = message.nested_type.add(name=f"{name.title().replace('_', '')}Entry")
        entry.options.map_entry = True
        _set_type(entry.field.add(name="key", number=1, label=1), "string")
        _set_type(entry.field.add(name="value", number=2, label=1), kind)
        kind = f"{message.name}.{entry.name}"
    _set_type(field, kind)


def _classes() -> dict[str, type[Message]]:
    file = descriptor_pb2.FileDescriptorProto(name="widedeep_serving.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, declared in fields.items():
            _add_field(message, field, declared)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _MESSAGES
    }


_CLASSES = _classes()
GetModelMetadataRequest: Any = _CLASSES["GetModelMetadataRequest"]
GetModelMetadataResponse: Any = _CLASSES["GetModelMetadataResponse"]
PredictRequest: Any = _CLASSES["PredictRequest"]
PredictResponse: Any = _CLASSES["PredictResponse"]
SignatureDefMap: Any = _CLASSES["SignatureDefMap"]
Tensor: Any = _CLASSES["Tensor"]
