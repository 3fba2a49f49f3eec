"""The columns of JSON lines: the keys of objects, and those of the objects within."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from widedeep.components.common.errors import DataError, reason, shown


class JsonColumns(NamedTuple):
    """The names of the columns, those of them that hold lists, and what is said of the others."""

    names: tuple[str, ...]
    lists: tuple[str, ...]
    aside: str


def json_columns(path: str, text: str, whole: bool) -> JsonColumns:
    """The columns that a file's first lines have; `user.id` is the key `id` of the object `user`.

    Args:
        path: the file, for errors.
        text: its beginning.
        whole: whether it is all of it: of a part the last line may be cut.

    Raises:
        DataError: a line is no JSON object.
    """
    lines = text.split("\n")
    names: dict[str, None] = {}
    lists: dict[str, None] = {}
    unfit: dict[str, None] = {}
    for number, line in enumerate(lines if whole or len(lines) == 1 else lines[:-1], 1):
        if not line.strip():
            continue
        for name, value in _values(_object(path, number, line)):
            names[name] = None
            if isinstance(value, list):
                # Of places, of objects or of other lists no set is made.
                fits = all(isinstance(member, str | int | None) for member in value)
                (lists if fits else unfit)[name] = None
    kept = tuple(name for name in names if name not in unfit)
    aside = f"left out, as they hold lists of other than texts and whole numbers: {', '.join(unfit)}" if unfit else ""
    return JsonColumns(kept, tuple(name for name in kept if name in lists), aside)


def _object(path: str, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        if line.strip() in ("{", "["):
            raise DataError(_document(path, "jq -c '.[]'" if line.strip() == "[" else "jq -c .")) from None
        raise DataError(f"{path}, line {number}: is no JSON: {reason(error)}: {shown(line.strip()[:60])}.") from None
    if not isinstance(row, dict):
        raise DataError(_document(path, "jq -c '.[]'"))
    return row


def _document(path: str, remedy: str) -> str:
    return (
        f"{path}: is a JSON document, and an object a line is needed, whose keys are the columns: {remedy} makes them."
    )


def _values(row: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        name = f"{above}{key}"
        if isinstance(value, dict):
            yield from _values(value, f"{name}.")
        else:
            yield name, value
