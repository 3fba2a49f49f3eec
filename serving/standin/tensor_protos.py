"""TensorProtos of requests, which anybody may have written, and of responses, as TF Serving writes them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from tensorflow.core.framework import types_pb2
from tensorflow.core.framework.tensor_pb2 import TensorProto

from widedeep.serving import tensors
from widedeep.serving.standin.errors import invalid
from widedeep.serving.tensors import Array

# A few bytes may stand for a tensor of any size, whose last value is repeated: so many elements at most.
_MOST_REPEATED = 1 << 20
# TF Serving's default is values one by one: clients read them as `float_val`, past any library.
_FIELDS = {
    np.dtype(np.float32): (types_pb2.DT_FLOAT, "float_val"),
    np.dtype(np.float64): (types_pb2.DT_DOUBLE, "double_val"),
    np.dtype(np.int32): (types_pb2.DT_INT32, "int_val"),
    np.dtype(np.int64): (types_pb2.DT_INT64, "int64_val"),
    np.dtype(bool): (types_pb2.DT_BOOL, "bool_val"),
    np.dtype(object): (types_pb2.DT_STRING, "string_val"),
}


def decode(proto: TensorProto, alias: str) -> Array:
    """The array of an input; strings are an object array of bytes.

    Raises:
        ServingError: INVALID_ARGUMENT, "tensor parsing error: ALIAS".
    """
    kind = tensors.numpy_type(proto.dtype)
    shape = [dim.size for dim in proto.tensor_shape.dim]
    if kind is None or proto.tensor_shape.unknown_rank or any(size < 0 for size in shape):
        raise invalid(f"tensor parsing error: {alias}")
    count = math.prod(shape)
    given = proto.ByteSize()
    if count > max(given, _MOST_REPEATED) or (proto.dtype == tensors.STRING and proto.tensor_content):
        raise invalid(f"tensor parsing error: {alias}")
    try:
        if count == 0 or _bare(proto):
            return np.full(shape, b"" if kind.hasobject else 0, kind)
        return tensors.from_proto(proto)
    except (ValueError, OverflowError):
        raise invalid(f"tensor parsing error: {alias}") from None


def encode(array: Any, proto: TensorProto) -> None:
    """Fills an empty TensorProto with an output of a session."""
    known = _FIELDS.get(array.dtype)
    if known is None:
        import tensorflow as tf

        proto.CopyFrom(tf.make_tensor_proto(array))
        return
    proto.dtype, field = known
    for size in array.shape:
        proto.tensor_shape.dim.add().size = size
    getattr(proto, field).extend(array.ravel().tolist())


def _bare(proto: TensorProto) -> bool:
    # A tensor without a value is all zeros.
    return {field.name for field, _ in proto.ListFields()} <= {"dtype", "tensor_shape", "version_number"}
