"""A column of Python's values as Arrow has it, whatever mixture of types its rows hold."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from widedeep.components.ingest.scalars import BadValueError

_WORDS = "is no whole number of 64 bits, and a category is such a number or text: write it as text"
_OBJECT = "is an object, and a value is needed: name the value inside, as 'user.id', in features.yaml's `column`"
_NUMBERS = {bool, int, float}


def column(values: Sequence[Any], words: bool) -> pa.Array:
    """A column that has one value a row, or none.

    Values of one type keep it. Those of several become text, as they would stand in CSV: numbers may well be texts here
    and there. A list of one value is that, and an empty one no value.

    Args:
        values: null, text, numbers and booleans of JSON or of a database; of the latter its times and decimals, too.
        words: whether they are categories, of which a number with a fraction is none.

    Raises:
        BadValueError: a list of several values, an object, or a number that is no category.
    """
    kinds = set(map(type, values)) - {type(None)}
    if kinds & {list, dict}:
        values = [_single(row, value) for row, value in enumerate(values)]
        kinds = set(map(type, values)) - {type(None)}
    if words and float in kinds:
        _refuse_fractions(values)
    if bytes in kinds:
        return pa.array([value if value is None else _bytes(value) for value in values], pa.binary())
    if len(kinds) > 1 and (words or not kinds <= _NUMBERS):
        return pa.array([_text(value) for value in values], pa.string())
    if kinds == {str}:
        return pa.array(values, pa.string())
    if kinds == {int} and any(value is not None and not -(2**63) <= value < 2**63 for value in values):
        # Names of 64 bits without a sign, and longer ones.
        return pa.array([None if value is None else str(value) for value in values], pa.string())
    return pa.array(values) if len(kinds) < 2 else pa.array(map(_number, values), pa.float64())


def set_column(values: Sequence[Any], separator: str) -> pa.Array:
    """A column of sets: lists, of whose members null is none, texts with a separator, and single values.

    Raises:
        BadValueError: a member is a list, an object, or no whole number of 64 bits.
    """
    return pa.array(
        [_members(row, value, separator) for row, value in enumerate(values)],
        pa.list_(pa.string()),
    )


def _members(row: int, value: Any, separator: str) -> list[str] | None:
    if value is None:
        return None
    if isinstance(value, str):
        return value.split(separator)
    members = value if isinstance(value, list) else [value]
    for member in members:
        if isinstance(member, list | dict):
            raise BadValueError(row, value, "has a list or an object within, and a set holds texts and whole numbers")
        if isinstance(member, float):
            raise BadValueError(row, member, _WORDS)
    return [_text(member) for member in members if member is not None]


def _single(row: int, value: Any) -> Any:
    if isinstance(value, dict):
        raise BadValueError(row, value, _OBJECT)
    if not isinstance(value, list):
        return value
    if len(value) > 1:
        raise BadValueError(row, value, "has several values, and only a set may")
    return _single(row, value[0]) if value else None


def _refuse_fractions(values: Sequence[Any]) -> None:
    for row, value in enumerate(values):
        if isinstance(value, float):
            raise BadValueError(row, value, _WORDS)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(_text(value)).encode()


def _text(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, "f") if isinstance(value, Decimal) else str(value)
