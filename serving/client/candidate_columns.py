"""The user and the candidates as the arrays of a request: checked, with the place of a bad value."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise
from numbers import Integral, Real
from types import NoneType
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from widedeep.components.common.errors import shown
from widedeep.serving.client.errors import FeatureError, UnknownFeatureError
from widedeep.serving.client.signature import Feature, Features, Kind, Side
from widedeep.serving.tensors import Array

# A value of a feature: of text a str, a whole number or a bool; of numbers a number; of sets texts; None is missing.
Value: TypeAlias = str | float | np.generic | Collection[str | int] | NDArray[Any] | None
Values: TypeAlias = Mapping[str, Value]
_LARGEST = float(np.finfo(np.float32).max)
_OTHER: dict[Side, Side] = {"user": "candidate", "candidate": "user"}


class Part(NamedTuple):
    """The tensors of some of a request's candidates, by feature, and how many candidates these are."""

    tensors: Mapping[str, Array]
    candidates: int


def arrays(features: Features, user: Values, candidates: Sequence[Values]) -> dict[str, Array]:
    """Every feature as a tensor of one request of c candidates.

    Args:
        features: the model's.
        user: the user's values by feature. A feature that is missing or None has no value.
        candidates: as the user's, not empty.

    Returns:
        By feature, [1] for the user's and [1, c] for the candidates', and one dimension more for the members of a set:
        float32, float64 of a number of 64 bits, or object arrays of bytes. No value is NaN, b"", or no members but b"".

    Raises:
        UnknownFeatureError: a name is no feature of that side.
        FeatureError: a value is of the wrong type, or a required one missing, or all of a candidate's.
    """
    sides: dict[Side, dict[str, Feature]] = {"user": {}, "candidate": {}}
    for feature in features.values():
        sides[feature.side][feature.name] = feature
    _check_names(user, "user", sides, "user")
    for index, candidate in enumerate(candidates):
        if not candidate.keys() <= sides["candidate"].keys():
            _check_names(candidate, f"candidate {index}", sides, "candidate")
    tensors = {name: _column([user.get(name)], feature) for name, feature in sides["user"].items()}
    given = np.zeros(len(candidates), bool)
    for name, feature in sides["candidate"].items():
        column = _column([candidate.get(name) for candidate in candidates], feature)
        given |= _present(column, feature)
        tensors[name] = column[np.newaxis]
    if not given.all():
        # The server would take it for padding.
        raise FeatureError(f"candidate {given.argmin()}: has no value of any feature.")
    return tensors


def split(whole: Mapping[str, Array], features: Features, parts: int) -> list[Part]:
    """Cuts a request's candidates into contiguous parts of nearly equal size, none empty; each has the whole user.

    Args:
        whole: as `arrays` makes it.
        features: the model's.
        parts: how many at most.
    """
    count = next(whole[name].shape[1] for name, feature in features.items() if feature.side == "candidate")
    bounds = [count * part // min(parts, count) for part in range(min(parts, count) + 1)]
    return [
        Part(
            {name: array if features[name].side == "user" else array[:, first:last] for name, array in whole.items()},
            last - first,
        )
        for first, last in pairwise(bounds)
    ]


def nearest(name: str, known: Collection[str]) -> str:
    """Says which known name is meant, or lists them."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{close[0]}'?" if close else f"known are: {', '.join(sorted(known))}"


def _check_names(values: Values, where: str, sides: Mapping[Side, Mapping[str, Feature]], side: Side) -> None:
    for name in values:
        if name in sides[side]:
            continue
        if name in sides[_OTHER[side]]:
            belongs = {"user": "the user", "candidate": "each candidate"}[_OTHER[side]]
            raise UnknownFeatureError(f"{where}: '{name}' is a feature of {belongs}: give it there.")
        raise UnknownFeatureError(f"{where}: '{name}' is no feature of the model: {nearest(str(name), sides[side])}")


def _column(values: Sequence[Value], feature: Feature) -> Array:
    """The values of one feature, [n] or [n, members]."""
    clean = _at_once(values, feature)
    if clean is None:
        clean = [_checked(index, value, feature) for index, value in enumerate(values)]
    if feature.kind == "number":
        return np.array(clean, np.float64 if feature.bits == 64 else np.float32)
    if feature.kind == "text":
        return _objects(clean, (len(clean),))
    longest = max(1, *map(len, clean))
    return _objects(
        [member for members in clean for member in members + [b""] * (longest - len(members))], (len(clean), longest)
    )


def _at_once(values: Sequence[Any], feature: Feature) -> Any:
    """What `_checked` makes of each, in a fraction of its time; None where one of them has to be looked at."""
    types = set(map(type, values))
    try:
        if feature.kind == "number" and types <= {float, int, NoneType}:
            numbers = np.array(values, np.float64)  # None is NaN
            wrong = np.any(np.abs(numbers) > _LARGEST) or (feature.required and np.any(np.isnan(numbers)))
            return None if wrong else numbers
        if feature.kind == "text" and types == {str}:
            texts = list(map(str.encode, values))
            return None if feature.required and b"" in texts else texts
        if feature.kind == "set" and types <= {list, tuple}:
            sets = [list(map(str.encode, members)) for members in values]
            return None if any(b"" in members or (feature.required and not members) for members in sets) else sets
    except (TypeError, ValueError, OverflowError):
        return None
    return None


def _present(column: Array, feature: Feature) -> NDArray[np.bool_]:
    """Which rows have a value."""
    if feature.kind == "number":
        return ~np.isnan(column)
    # A set's empty members come after the others.
    return np.asarray((column[:, 0] if feature.kind == "set" else column) != b"", bool)


def _checked(index: int, value: Value, feature: Feature) -> Any:
    needed, convert, none = _KINDS[feature.kind]
    try:
        converted = none if value is None else convert(value)
    except (TypeError, ValueError, OverflowError):
        raise FeatureError(f"{_place(index, feature)} is {shown(value)}, but {needed} is needed.") from None
    if feature.required and (converted == none or converted != converted):
        raise FeatureError(f"{_place(index, feature)} is missing, and the model needs it.")
    return converted


def _place(index: int, feature: Feature) -> str:
    where = "user" if feature.side == "user" else f"candidate {index}"
    return f"{where}: '{feature.name}'"


def _text(value: object) -> bytes:
    """Text; whole numbers and booleans become their digits and names, as where training data are read."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bool, np.bool_)):
        return b"true" if value else b"false"
    if isinstance(value, Integral):
        return str(int(value)).encode()
    raise TypeError


def _number(value: object) -> float:
    """A number that is finite in 32 bits, or NaN, which is missing."""
    if not isinstance(value, (Real, np.bool_)):
        raise TypeError
    number = float(value)
    if abs(number) > _LARGEST:
        raise ValueError
    return number


def _members(value: object) -> list[bytes]:
    """The members of a set, without empty ones."""
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, (Collection, np.ndarray)):
        raise TypeError
    return [text for text in map(_text, value) if text]


# What is needed, in words; how a value is taken; and what stands for none.
_KINDS: dict[Kind, tuple[str, Callable[[object], Any], Any]] = {
    "text": ("text or a whole number", _text, b""),
    "number": ("a finite number of 32 bits", _number, math.nan),
    "set": ("a list of texts", _members, []),
}


def _objects(values: list[bytes], shape: tuple[int, ...]) -> Array:
    array = np.empty(len(values), object)
    array[:] = values
    return array.reshape(shape)
