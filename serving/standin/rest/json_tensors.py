"""JSON values to arrays, as strictly as TF Serving, with the same errors."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import grpc
import numpy as np

from widedeep.serving import tensors
from widedeep.serving.standin.errors import ServingError, invalid
from widedeep.serving.standin.rest.json_text import (
    base64_bytes,
    fault,
    is_base64,
    quoted,
    raw,
    too_deep,
    type_name,
)
from widedeep.serving.tensors import Array

# NumPy's arrays have no more.
_MAX_RANK = 64


class _Rule(NamedTuple):
    """What JSON values a type takes: their Python types, and the least and the largest whole number."""

    name: str
    types: frozenset[type]
    low: float = -math.inf
    high: float = math.inf


_NUMBER, _WHOLE = frozenset({int, float}), frozenset({int})
# int8, int16 and uint8 take any int32, which then wraps around.
_INT32 = -(2**31), 2**31 - 1
_RULES = {
    tensors.FLOAT: _Rule("float", _NUMBER),
    tensors.DOUBLE: _Rule("double", _NUMBER),
    tensors.INT32: _Rule("int32", _WHOLE, *_INT32),
    tensors.UINT8: _Rule("uint8", _WHOLE, *_INT32),
    tensors.INT16: _Rule("int16", _WHOLE, *_INT32),
    tensors.INT8: _Rule("int8", _WHOLE, *_INT32),
    tensors.STRING: _Rule("string", frozenset({str})),
    tensors.INT64: _Rule("int64", _WHOLE, -(2**63), 2**63 - 1),
    tensors.BOOL: _Rule("bool", frozenset({bool})),
    tensors.UINT32: _Rule("uint32", _WHOLE, 0, 2**32 - 1),
    tensors.UINT64: _Rule("uint64", _WHOLE, 0, 2**64 - 1),
}


class Input(NamedTuple):
    """An input of a signature: its DataType by number and by name, as "half"."""

    dtype: int
    name: str


def tensor(value: object, kind: Input) -> Array:
    """A JSON value, with its lists as dimensions, as an array.

    Raises:
        ServingError: INVALID_ARGUMENT, where the lists are ragged or a value does not fit; UNIMPLEMENTED, where JSON
            has no such type.
    """
    shape = _shape(value)
    if len(shape) > _MAX_RANK:
        raise too_deep()
    flat: list[Any] = []
    _collect(value, 0, shape, kind, flat)
    dtype = tensors.numpy_type(kind.dtype)
    if dtype is None:
        raise _unimplemented(value, kind)
    if kind.dtype == tensors.STRING:
        array = np.empty(len(flat), object)
        array[:] = [value if isinstance(value, bytes) else raw(value) for value in flat]
    elif _RULES[kind.dtype].types is _WHOLE:
        # Through a type that holds them all, since NumPy refuses what is to wrap around.
        array = np.array(flat, np.uint64 if kind.dtype == tensors.UINT64 else np.int64).astype(dtype)
    else:
        with np.errstate(over="ignore"):  # beyond float32 is infinite
            array = np.array(flat, dtype)
        if dtype.kind == "f":
            # TF Serving's REST threads have the processor take what is smaller than any normal number as zero.
            small = np.abs(array) < np.finfo(dtype).tiny
            array[small] = np.copysign(0, array[small])
    return array.reshape(shape)


def _shape(value: object) -> tuple[int, ...]:
    """By the first element of each list."""
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(shape)


def _collect(value: object, level: int, shape: tuple[int, ...], kind: Input, flat: list[Any]) -> None:
    if not isinstance(value, list):
        if level != len(shape):
            raise fault(
                value, f"found at incorrect level: {level + 1} in the JSON DOM. Expected at level: {len(shape)}"
            )
        flat.append(_scalar(value, kind))
        return
    if level >= len(shape):
        raise invalid(f"Encountered list at unexpected level: {level} expected < {len(shape)}")
    if len(value) != shape[level]:
        raise invalid(
            f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: {shape[level]}"
        )
    if level == len(shape) - 1 and _all_fit(value, kind):
        flat.extend(value)
        return
    for member in value:
        _collect(member, level + 1, shape, kind, flat)


def _all_fit(values: list[Any], kind: Input) -> bool:
    """Whether a list holds plain values of the type alone, so that none need be looked at."""
    rule = _RULES.get(kind.dtype)
    if rule is None or not values or not rule.types.issuperset(map(type, values)):
        return False
    return rule.types is not _WHOLE or (rule.low <= min(values) and max(values) <= rule.high)


def _scalar(value: object, kind: Input) -> object:
    rule = _RULES.get(kind.dtype)
    if isinstance(value, dict):
        if kind.dtype != tensors.STRING:
            raise _type_error(value, kind)
        if not is_base64(value):
            raise fault(value, "not formatted correctly for base64 data")
        return base64_bytes(value)
    if rule is None:
        raise _unimplemented(value, kind)
    if type(value) not in rule.types or (type(value) is int and not rule.low <= value <= rule.high):
        raise _type_error(value, kind)
    return value


def _type_error(value: object, kind: Input) -> ServingError:
    return fault(value, f"Type: {type_name(value)} is not of expected type: {kind.name}")


def _unimplemented(value: object, kind: Input) -> ServingError:
    message = f"Conversion of JSON Value: {quoted(value)} to type: {kind.name}"
    return ServingError(grpc.StatusCode.UNIMPLEMENTED, message)
