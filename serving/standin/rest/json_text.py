"""JSON as TF Serving reads it, and as its errors quote it.

As there, NaN, Infinity and -Infinity are numbers, what follows the document is ignored, and strings may hold bytes that
are not UTF-8. Here they become the surrogates U+DC80 to U+DCFF (PEP 383), which `raw` turns back.

Two differences: of equal keys in an object the last one counts, and a number too large for a double is infinite.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import TypeGuard

from widedeep.serving.standin.errors import ServingError, invalid

_BLANKS = " \t\r\n"
_QUOTED_BYTES = 256
_DECODER = json.JSONDecoder()


def parse(body: bytes) -> dict[str, object]:
    """The object that a request's body is.

    Raises:
        ServingError: INVALID_ARGUMENT, where it is no JSON, or no object.
    """
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    text = body.decode("utf-8-sig", "surrogateescape")
    start = len(text) - len(text.lstrip(_BLANKS))
    if start == len(text):
        raise invalid(f"JSON Parse error: The document is empty. at offset: {len(body)}")
    try:
        document, _ = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        offset = len(raw(text[: error.pos]))
        raise invalid(f"JSON Parse error: {error.msg} at offset: {offset}") from None
    except ValueError:  # Python refuses integers of thousands of digits
        raise too_big() from None
    except RecursionError:
        raise too_deep() from None
    if not isinstance(document, dict):
        raise fault(document, "Is not object")
    return document


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


def too_big() -> ServingError:
    """A whole number beyond all."""
    return invalid("JSON Parse error: Number too big to be stored in double.")


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
    else:
        yield before + json.dumps(value, ensure_ascii=False)
