"""NumPy arrays to and from TensorProto, without TensorFlow.

A message is TensorFlow's own TensorProto or any with its fields, as `client.messages` makes them. Strings are object
arrays of bytes. The numbers of the types are those of DataType in tensorflow/core/framework/types.proto.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FLOAT, DOUBLE, INT32, UINT8, INT16, INT8, STRING, INT64, BOOL, UINT32, UINT64 = 1, 2, 3, 4, 5, 6, 7, 9, 10, 22, 23
Array = NDArray[Any]


class _Type(NamedTuple):
    numpy: np.dtype[Any]
    field: str  # of TensorProto, where a tensor's values stand one by one


_TYPES = {
    FLOAT: _Type(np.dtype(np.float32), "float_val"),
    DOUBLE: _Type(np.dtype(np.float64), "double_val"),
    INT32: _Type(np.dtype(np.int32), "int_val"),
    UINT8: _Type(np.dtype(np.uint8), "int_val"),
    INT16: _Type(np.dtype(np.int16), "int_val"),
    INT8: _Type(np.dtype(np.int8), "int_val"),
    STRING: _Type(np.dtype(object), "string_val"),
    INT64: _Type(np.dtype(np.int64), "int64_val"),
    BOOL: _Type(np.dtype(bool), "bool_val"),
    UINT32: _Type(np.dtype(np.uint32), "uint32_val"),
    UINT64: _Type(np.dtype(np.uint64), "uint64_val"),
}
_NUMBERS = {kind.numpy: number for number, kind in _TYPES.items()}


def numpy_type(dtype: int) -> np.dtype[Any] | None:
    """NumPy's name of a DataType; None where this module has none."""
    kind = _TYPES.get(dtype)
    return kind.numpy if kind else None


def to_proto(array: Array, proto: Any) -> None:
    """Fills an empty TensorProto.

    Raises:
        KeyError: the array's type is none of the above.
    """
    proto.dtype = _NUMBERS[array.dtype]
    for size in array.shape:
        proto.tensor_shape.dim.add().size = size
    if proto.dtype == STRING:
        proto.string_val.extend(array.ravel().tolist())
    else:
        proto.tensor_content = np.ascontiguousarray(array).tobytes()


def from_proto(proto: Any) -> Array:
    """The array of a TensorProto, packed or value by value; where values are left out, the last one is repeated.

    Raises:
        ValueError: the type is none of the above, or the values do not fill the shape.
    """
    kind = _TYPES.get(proto.dtype)
    if kind is None:
        raise ValueError(f"a tensor of type {proto.dtype} is not supported")
    shape = [dim.size for dim in proto.tensor_shape.dim]
    if proto.tensor_content:
        return np.frombuffer(proto.tensor_content, kind.numpy).reshape(shape)
    # An integer beyond its type wraps around, as it does in TensorFlow.
    given = getattr(proto, kind.field)
    values = np.array(list(given), np.int64 if kind.field == "int_val" else kind.numpy).astype(kind.numpy)
    missing = int(np.prod(shape)) - len(values)
    if missing > 0 and len(values):
        values = np.concatenate([values, np.repeat(values[-1:], missing)])
    return values.reshape(shape)
