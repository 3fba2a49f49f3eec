"""Keys of several features in one word: "C[1-26]"."""

from __future__ import annotations

import itertools
import re
from typing import Annotated

from pydantic import BeforeValidator, Field

from widedeep.components.features.names import Key

# More columns than any table has: a slip of the pen, as C[1-260000], is told before it fills the memory.
MOST_KEYS = 10_000
_RANGE = re.compile(r"\[(\d+)-(\d+)\]")


def keys_of(pattern: str) -> list[str]:
    """The keys that a pattern stands for, in order: "C[1-3]" for C1, C2 and C3, "x[08-10]" for x08, x09 and x10.

    Raises:
        ValueError: a range falls, or there are too many keys.
    """
    text = _RANGE.split(pattern)
    ranges = [_numbers(pattern, first, last) for first, last in zip(text[1::3], text[2::3], strict=True)]
    number = 1
    for numbers in ranges:
        number *= len(numbers)
    if number > MOST_KEYS:
        raise ValueError(f"'{pattern}' stands for {number:,} keys, and {MOST_KEYS:,} are the most")
    pieces = [
        [text[0]],
        *(list(part) for pair in zip(ranges, ([end] for end in text[3::3]), strict=True) for part in pair),
    ]
    return ["".join(parts) for parts in itertools.product(*pieces)]


def _numbers(pattern: str, first: str, last: str) -> list[str]:
    if int(first) > int(last):
        raise ValueError(f"'{pattern}': its range falls from {first} to {last}")
    if int(last) - int(first) >= MOST_KEYS:
        raise ValueError(f"'{pattern}' stands for {int(last) - int(first) + 1:,} keys, and {MOST_KEYS:,} are the most")
    width = len(first) if first.startswith("0") else 0
    return [f"{number:0{width}}" for number in range(int(first), int(last) + 1)]


def _listed(value: object) -> object:
    """A single pattern as a list of one, each pattern written out."""
    patterns = [value] if isinstance(value, str) else value
    if not isinstance(patterns, list | tuple):
        return value
    return [key for pattern in patterns for key in (keys_of(pattern) if isinstance(pattern, str) else [pattern])]


Keys = Annotated[
    tuple[Key, ...],
    Field(min_length=1),
    BeforeValidator(_listed, json_schema_input_type=str | list[str]),
]
