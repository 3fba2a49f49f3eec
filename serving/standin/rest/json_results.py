"""Arrays to JSON, with the digits that TF Serving writes."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence

import numpy as np

from widedeep.serving.standin.errors import invalid
from widedeep.serving.tensors import Array

_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
# Digits with which a decimal number is read back as the same binary one.
_EXACT_DIGITS = {np.dtype(np.float32): 9, np.dtype(np.float64): 17}


def rows(outputs: Mapping[str, Array]) -> str:
    """The row format: {"predictions": [...]}, each a value of the only output, or an object with every output.

    Raises:
        ServingError: an output has no first dimension, or one of another size.
    """
    size = -1
    for name, array in outputs.items():
        if array.ndim == 0:
            raise invalid(f"Tensor name: {name} has no shape information ")
        if size >= 0 and array.shape[0] != size:
            raise invalid(f"Tensor name: {name} has inconsistent batch size: {array.shape[0]} expecting: {size}")
        size = array.shape[0]
    columns = {name: _members(array, _is_bytes(name, array)) for name, array in outputs.items()}
    if len(columns) == 1:
        [written] = columns.values()
    else:
        written = [_object(dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]
    return _object({"predictions": listed(written)})


def columns(outputs: Mapping[str, Array]) -> str:
    """The column format: {"outputs": ...}, the value of the only output, or an object with every output."""
    written = {name: _value(array, _is_bytes(name, array)) for name, array in outputs.items()}
    return _object({"outputs": next(iter(written.values())) if len(written) == 1 else _object(written)})


def results(values: Sequence[str]) -> str:
    """{"results": [...]}, of JSON values."""
    return _object({"results": listed(values)})


def decimals(values: Array) -> list[str]:
    """Six digits, or as many as tell a number from its neighbours; a whole number ends in .0.

    Args:
        values: float32 or float64 [n].
    """
    short = [f"{value:.6g}" for value in values.tolist()]
    exact = np.array(short, values.dtype) == values
    digits = _EXACT_DIGITS[values.dtype]
    texts = []
    for text, same, value in zip(short, exact.tolist(), values.tolist(), strict=True):
        if text in _NOT_FINITE:
            texts.append(_NOT_FINITE[text])
            continue
        chosen = text if same else f"{value:.{digits}g}"
        texts.append(chosen if "." in chosen or "e" in chosen else f"{chosen}.0")
    return texts


def string(value: bytes) -> str:
    """A JSON string; bytes that are no UTF-8 stand in it as they are, once it is encoded with surrogateescape."""
    return json.dumps(value.decode("utf-8", "surrogateescape"), ensure_ascii=False)


def listed(values: Sequence[str]) -> str:
    """A JSON list of JSON values."""
    return f"[{', '.join(values)}]"


def _is_bytes(name: str, array: Array) -> bool:
    return array.dtype == object and name.endswith("_bytes")


def _value(array: Array, as_bytes: bool) -> str:
    if array.ndim == 0:
        return _scalars(array.reshape(1), as_bytes)[0]
    return listed(_members(array, as_bytes))


def _members(array: Array, as_bytes: bool) -> list[str]:
    """Each element of the first dimension as JSON."""
    written = _scalars(array.ravel(), as_bytes)
    for axis in range(array.ndim - 1, 0, -1):
        size, count = array.shape[axis], math.prod(array.shape[:axis])
        written = [listed(written[size * at : size * (at + 1)]) for at in range(count)]
    return written


def _scalars(flat: Array, as_bytes: bool) -> list[str]:
    if flat.dtype in _EXACT_DIGITS:
        return decimals(flat)
    if flat.dtype == object:
        return [_base64(value) for value in flat] if as_bytes else [string(value) for value in flat]
    return [json.dumps(value) for value in flat.tolist()]


def _base64(value: bytes) -> str:
    return _object({"b64": json.dumps(base64.b64encode(value).decode())})


def _object(members: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{json.dumps(key)}: {value}' for key, value in members.items())}}}"
