"""What pydantic finds wrong with settings, in words that name the key as the person wrote it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from widedeep.components.common.errors import shown

# The error of a value where a group of keys is needed.
GROUP = "group"


def problems(error: ValidationError, where: str, data: object) -> Iterable[str]:
    """What is wrong, one line a key; what is wrong with each alternative of a union stands in one line, too.

    Args:
        error: that pydantic raised.
        where: the values are from (a file).
        data: the values.
    """
    wrong: dict[str, list[str]] = {}
    values: dict[str, str] = {}
    errors = error.errors()
    inside = {item["loc"][:-depth] for item in errors for depth in range(1, len(item["loc"]))}
    for item in errors:
        if item["type"] == "too_short" and item["loc"] in inside:
            continue  # pydantic does not count the items that are wrong, each of which has a line
        key = ".".join(str(part) for part in _key_path(item["loc"], data, item["type"] == "missing"))
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == GROUP and isinstance(item["loc"][-1], str):
            message = f"write {item['loc'][-1]}: {message}"
        wrong.setdefault(key, []).append(message)
        value = item["input"]
        values[key] = "" if isinstance(value, dict | BaseModel) else f" (it is {shown(value)})"
    for key, messages in wrong.items():
        yield f"{where}: {key + ': ' if key else ''}{'; or: '.join(dict.fromkeys(messages))}{values[key]}"


def _key_path(location: tuple[int | str, ...], data: Any, missing: bool) -> Iterable[int | str]:
    """A location with the items of a list called by their `key`, where they have one.

    What pydantic adds to say which alternative of a union it tried is left out: it is no key of the person's.
    """
    for number, part in enumerate(location, 1):
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            if missing and number == len(location):
                yield part
            return
        yield data["key"] if isinstance(part, int) and isinstance(data, dict) and "key" in data else part
