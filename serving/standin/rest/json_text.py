"""JSON values as TF Serving takes them, and as its errors quote them."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TypeGuard

from widedeep.serving.standin.errors import ServingError, invalid

_QUOTED_BYTES = 256
# Where RapidJSON writes a number in full, by the place of its point: not beyond, nor so far below 1.
_LARGEST_POINT, _SMALLEST_POINT = 21, -6


def raw(text: str) -> bytes:
    """The bytes that a string was in the request.

    Raises:
        ServingError: it holds half of a surrogate pair, as an escape.
    """
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise invalid("JSON Parse error: The surrogate pair in string is invalid.") from None


def clean(text: str) -> str:
    """A string that can stand in a message or a proto, with "?" for what is not UTF-8."""
    return text.encode("utf-8", "replace").decode()


def too_deep() -> ServingError:
    """Lists in lists without end."""
    return invalid("JSON Parse error: The document is nested too deeply.")


def fault(value: object, text: str) -> ServingError:
    """An error about a JSON value, which it quotes."""
    return invalid(f"JSON Value: {quoted(value)} {text}")


def is_object(value: object) -> bool:
    """Whether it is an object and not bytes in base64."""
    return isinstance(value, dict) and not is_base64(value)


def is_base64(value: Mapping[str, object]) -> TypeGuard[Mapping[str, str]]:
    """Whether an object stands for bytes: {"b64": "..."}."""
    return len(value) == 1 and isinstance(value.get("b64"), str)


def base64_bytes(value: Mapping[str, str]) -> bytes:
    """The bytes of {"b64": "..."}; the padding may be left out.

    Raises:
        ServingError: it is no base64.
    """
    try:
        text = "".join(value["b64"].split())
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise invalid("Unable to base64 decode") from None


def type_name(value: object) -> str:
    """What kind of JSON value it is, in TF Serving's words."""
    if value is None or isinstance(value, bool):
        return {None: "Null", True: "True", False: "False"}[value]
    kinds: dict[type, str] = {dict: "Object", list: "Array", str: "String"}
    return kinds.get(type(value), "Number")


def quoted(value: object) -> str:
    """A JSON value for an error: objects indented, lists in one line, no more added once it has 256 bytes."""
    parts, size = [], 0
    for part in _tokens(value, 0, ""):
        parts.append(clean(part))
        size += len(parts[-1].encode())
        if size >= _QUOTED_BYTES:
            break
    return "".join(parts)


def _tokens(value: object, depth: int, before: str) -> Iterator[str]:
    indent = "\n" + "    " * depth
    if isinstance(value, dict):
        yield before + "{"
        for number, (key, member) in enumerate(value.items()):
            yield ("," if number else "") + indent + "    " + json.dumps(key, ensure_ascii=False)
            yield from _tokens(member, depth + 1, ": ")
        yield (indent if value else "") + "}"
    elif isinstance(value, list):
        yield before + "["
        for number, member in enumerate(value):
            yield from _tokens(member, depth + 1, ", " if number else "")
        yield "]"
    elif isinstance(value, float):
        yield before + _number(value)
    else:
        yield before + json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    """The shortest digits that are read as the same double, as RapidJSON places their point; "" where it has none."""
    if not math.isfinite(value):
        return ""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text, point = "".join(map(str, digits)), len(digits) + int(exponent)
    if 0 < point <= _LARGEST_POINT:
        whole = text[:point].ljust(point, "0")
        shown = f"{whole}.{text[point:] or '0'}"
    elif _SMALLEST_POINT < point <= 0:
        shown = "0.0" if value == 0 else f"0.{'0' * -point}{text}"
    else:
        shown = f"{text[0]}{'.' if text[1:] else ''}{text[1:]}e{point - 1}"
    return "-" * sign + shown
