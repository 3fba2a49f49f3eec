"""The two formats of a predict request's tensors, as strictly as TF Serving, with the same errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from widedeep.serving.standin.errors import ServingError, invalid
from widedeep.serving.standin.rest.json_tensors import Input, tensor
from widedeep.serving.standin.rest.json_text import clean, is_object, quoted
from widedeep.serving.tensors import Array


def instances(rows: Sequence[Any], inputs: Mapping[str, Input]) -> dict[str, Array]:
    """The row format: each row a value, or an object with every input; a first dimension counts the rows.

    Args:
        rows: not empty.
        inputs: by name, not empty.

    Raises:
        ServingError: INVALID_ARGUMENT, which names the row.
    """
    if len(inputs) > 1 and not isinstance(rows[0], dict):
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
            "tensorinfo_map"
        )
    try:
        return _at_once(rows, inputs)
    except ServingError:
        return _row_by_row(rows, inputs)  # which row it was, is told here


def _at_once(rows: Sequence[Any], inputs: Mapping[str, Input]) -> dict[str, Array]:
    if not is_object(rows[0]):
        name, kind = next(iter(inputs.items()))
        return {name: tensor(rows, kind)}
    if not all(is_object(row) and row.keys() == inputs.keys() for row in rows):
        raise invalid("")
    return {name: tensor([row[name] for row in rows], kind) for name, kind in inputs.items()}


def _row_by_row(rows: Sequence[Any], inputs: Mapping[str, Input]) -> dict[str, Array]:
    named = is_object(rows[0])
    arrays: dict[str, list[Array]] = {}
    for number, row in enumerate(rows):
        if is_object(row) != named:
            expected = "object but got list" if named else "value/list but got object"
            raise invalid(f"Expecting {expected} at item {number} of input list")
        for name, value in row.items() if named else [(next(iter(inputs)), row)]:
            try:
                _add(name, value, inputs, arrays)
            except ServingError as error:
                key = f" key: {clean(name)}" if named else ""
                raise invalid(
                    f"Failed to process element: {number}{key} of 'instances' list. "
                    f"Error: {error.code.name}: {error.message}"
                ) from None
        if named and row.keys() != inputs.keys():
            raise invalid(
                f"Failed to process element: {number} of 'instances' list. JSON object: {quoted(row)} "
                f"keys must be equal to: {','.join(sorted(inputs))}"
            )
    return {name: np.stack(rows_of_input) for name, rows_of_input in arrays.items()}


def _add(name: str, value: object, inputs: Mapping[str, Input], arrays: dict[str, list[Array]]) -> None:
    if name not in inputs:
        raise invalid(f"JSON object: does not have named input: {clean(name)}")
    array = tensor(value, inputs[name])
    before = arrays.setdefault(name, [])
    if before and before[0].size != array.size:
        raise invalid(f"Expecting tensor size: {before[0].size} but got: {array.size}")
    if before and before[0].shape != array.shape:
        raise invalid(f"Expecting shape {_sizes(before[0])} but got: {_sizes(array)}")
    before.append(array)


def columns(value: object, inputs: Mapping[str, Input]) -> dict[str, Array]:
    """The column format: the value of the only input, or an object with every input; what else it holds is ignored.

    Raises:
        ServingError: INVALID_ARGUMENT, as `tensor`, and where an input is missing.
    """
    if isinstance(value, dict) and is_object(value):
        arrays = {}
        for name, kind in inputs.items():
            if name not in value:
                raise invalid(f"Missing named input: {name} in 'inputs' object.")
            arrays[name] = tensor(value[name], kind)
        return arrays
    if len(inputs) > 1:
        raise invalid(
            "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
            "tensorinfo_map"
        )
    [(name, kind)] = inputs.items()
    return {name: tensor(value, kind)}


def _sizes(array: Array) -> str:
    return f"[{','.join(map(str, array.shape))}]"
