"""TensorProtos of requests, which anybody may have written, and of responses, as TF Serving writes them."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.core.framework.tensor_pb2 import TensorProto

from widedeep.serving.standin.errors import invalid
from widedeep.serving.tensors import Array

# A few bytes may stand for a tensor of any size, whose last value is repeated: so many elements at most.
_MOST_REPEATED = 1 << 22


class _Type(NamedTuple):
    """A DataType in NumPy, the field that has its values one by one, and as what they stand there."""

    numpy: np.dtype[Any]
    field: str
    stored: np.dtype[Any]

    @property
    def each(self) -> int:
        """So many stored values make one: of a complex number two."""
        return self.numpy.itemsize // self.stored.itemsize if self.numpy.kind == "c" else 1


def _type(numpy: Any, field: str, stored: Any = None) -> _Type:
    return _Type(np.dtype(numpy), field, np.dtype(stored or numpy))


# In `int_val` an integer beyond its type wraps around.
_TYPES = {
    types_pb2.DT_FLOAT: _type(np.float32, "float_val"),
    types_pb2.DT_DOUBLE: _type(np.float64, "double_val"),
    types_pb2.DT_INT8: _type(np.int8, "int_val", np.int64),
    types_pb2.DT_INT16: _type(np.int16, "int_val", np.int64),
    types_pb2.DT_INT32: _type(np.int32, "int_val", np.int64),
    types_pb2.DT_UINT8: _type(np.uint8, "int_val", np.int64),
    types_pb2.DT_UINT16: _type(np.uint16, "int_val", np.int64),
    types_pb2.DT_INT64: _type(np.int64, "int64_val"),
    types_pb2.DT_UINT32: _type(np.uint32, "uint32_val"),
    types_pb2.DT_UINT64: _type(np.uint64, "uint64_val"),
    types_pb2.DT_BOOL: _type(bool, "bool_val"),
    types_pb2.DT_STRING: _type(object, "string_val"),
    # Their bits.
    types_pb2.DT_HALF: _type(np.float16, "half_val", np.uint16),
    types_pb2.DT_BFLOAT16: _type(tf.bfloat16.as_numpy_dtype, "half_val", np.uint16),
    types_pb2.DT_COMPLEX64: _type(np.complex64, "scomplex_val", np.float32),
    types_pb2.DT_COMPLEX128: _type(np.complex128, "dcomplex_val", np.float64),
}
_NUMBERS = {kind.numpy: number for number, kind in _TYPES.items()}


def decode(proto: TensorProto, alias: str) -> Array:
    """The array of an input; strings are an object array of bytes.

    Where values are left out the last one is repeated, or zero; beyond the shape they are not read.

    Raises:
        ServingError: INVALID_ARGUMENT, "tensor parsing error: ALIAS".
    """
    kind = _TYPES.get(proto.dtype)
    shape = [dim.size for dim in proto.tensor_shape.dim]
    if kind is None or any(size < 0 for size in shape) or math.prod(shape) > max(proto.ByteSize(), _MOST_REPEATED):
        raise invalid(f"tensor parsing error: {alias}")
    try:
        return _values(proto, kind, math.prod(shape)).reshape(shape)
    except (ValueError, OverflowError):
        raise invalid(f"tensor parsing error: {alias}") from None


def _values(proto: TensorProto, kind: _Type, count: int) -> Array:
    """`count` values, in a row."""
    if proto.tensor_content:
        if kind.numpy.hasobject:
            return _strings(proto.tensor_content, count)
        return np.frombuffer(proto.tensor_content, kind.numpy)
    given = getattr(proto, kind.field)[: count * kind.each]
    if not given:
        return np.full(count, b"" if kind.numpy.hasobject else 0, kind.numpy)
    stored = np.array(given, kind.stored)
    values = stored.view(kind.numpy) if kind.field.endswith(("half_val", "complex_val")) else stored.astype(kind.numpy)
    return np.concatenate([values, np.repeat(values[-1:], count - len(values))])


def _strings(content: bytes, count: int) -> Array:
    """Strings in one: the length of each, as a varint, and after them all the bytes.

    Raises:
        ValueError: it is not so many.
    """
    lengths, at = [], 0
    for _ in range(count):
        length = shift = 0
        while True:
            if at == len(content) or shift > 63:
                raise ValueError("a length is cut short")
            byte = content[at]
            length |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                break
        lengths.append(length)
    if at + sum(lengths) != len(content):
        raise ValueError("the lengths are not those of the bytes")
    values = np.empty(count, object)
    for index, length in enumerate(lengths):
        values[index] = content[at : at + length]
        at += length
    return values


def encode(array: Any, proto: TensorProto) -> None:
    """Fills an empty TensorProto with an output of a session, value by value: clients read them past any library."""
    number = _NUMBERS.get(array.dtype)
    if number is None:
        proto.CopyFrom(tf.make_tensor_proto(array))
        return
    kind = _TYPES[number]
    proto.dtype = number
    # Of a scalar empty, but there.
    proto.tensor_shape.SetInParent()
    for size in array.shape:
        proto.tensor_shape.dim.add().size = size
    flat = np.ascontiguousarray(array).ravel()
    if kind.field.endswith(("half_val", "complex_val")):
        flat = flat.view(kind.stored)
    getattr(proto, kind.field).extend(flat.tolist())
