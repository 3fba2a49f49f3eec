"""The names of features: by their keys the pipeline and its requests know them, by their columns the raw data."""

from __future__ import annotations

import itertools
import keyword
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Annotated

import yaml
from pydantic import BeforeValidator, Field

# Files are named by keys, with some more letters.
_LONGEST = 200
_KEY = r"^[A-Za-z][A-Za-z0-9_]*$"


def key_for(column: str) -> str:
    """A key that is like a column's name: 'native-country' becomes 'native_country', '2fa' becomes 'x_2fa'."""
    # What NFKD leaves of é is e and an accent; casefold has ss for ß.
    plain = column if column.isascii() else unicodedata.normalize("NFKD", column.casefold())
    words = re.findall(r"[A-Za-z0-9]+", plain.encode("ascii", "ignore").decode())
    joined = "_".join(words)
    return joined if joined[:1].isalpha() else f"x_{joined}".rstrip("_")


def declared_as(column_name: str, key: str = "key", column: str = "column") -> str:
    """The YAML that declares a column of any name under a key that is like it."""
    quoted = yaml.safe_dump(column_name, default_style='"', allow_unicode=True, width=math.inf).rstrip("\n")
    return f"{{{key}: {key_for(column_name)}, {column}: {quoted}}}"


def check_key(value: object, key: str = "key", column: str = "column") -> object:
    """The value, which is to be a key; `key` and `column` are what features.yaml calls the two names of it.

    Raises:
        ValueError: it is none, and how to name a column that is called so.
    """
    if isinstance(value, str) and not re.fullmatch(_KEY, value):
        raise ValueError(
            f"a key is of letters A to Z, digits and _, and begins with a letter; `{column}` beside it says what the "
            f"data calls it: {declared_as(value, key, column)}"
        )
    return value


Key = Annotated[str, Field(pattern=_KEY, max_length=_LONGEST), BeforeValidator(lambda value: check_key(value))]
WeightKey = Annotated[
    str,
    Field(pattern=_KEY, max_length=_LONGEST),
    BeforeValidator(lambda value: check_key(value, "weight", "weight_column")),
]
Column = Annotated[str, Field(min_length=1)]


def argument_names(keys: Iterable[str]) -> dict[str, str]:
    """For each name of a signature's input one that TensorFlow can export: its own, wherever that is possible.

    TensorFlow makes a Python argument of each input, which can't be called by a keyword or `self`, and takes names
    that differ in case alone for one.
    """
    keys = list(keys)
    own = {key.lower() for key in keys}
    names: dict[str, str] = {}
    taken: set[str] = set()
    for number, key in enumerate(keys):
        name = key
        if keyword.iskeyword(key) or key == "self" or key.lower() in taken:
            name = next(safe for safe in _safe_names(number) if safe not in own)
        names[key] = name
        taken.add(name.lower())
    return names


def _safe_names(number: int) -> Iterator[str]:
    return (f"input_{number}{'_' * more}" for more in itertools.count())
