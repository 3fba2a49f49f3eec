"""A request's JSON as TF Serving reads it, with RapidJSON, where Python's reader does otherwise.

NaN, Inf and Infinity are numbers, with a sign or without. Of equal keys the first counts. A number too large for a
double is an error. What follows the document is ignored. Strings may hold bytes that are not UTF-8: here they become
the surrogates U+DC80 to U+DCFF (PEP 383), which `json_text.raw` turns back. The second half of a surrogate pair may
stand alone, as an escape, and is the three bytes that UTF-8 would have for it; the first half may not.
"""

from __future__ import annotations

import json
import math
import re

from widedeep.serving.standin.errors import ServingError, invalid
from widedeep.serving.standin.rest.json_text import fault, raw, too_deep

_BLANKS = " \t\r\n"
_STRING = r'"(?:[^"\\]|\\.)*"?'
# What Python reads otherwise, in the whole text: exponents of three digits and more, numbers longer than any double,
# whole numbers of more than 64 bits, short infinities and signed NaN, and escapes of surrogates.
_LARGE = re.compile(r"[eE]\+?\d{3}|\d{300}")
_LONG = re.compile(r"\d{19}")
_LONGEST_WHOLE = 20
_NUMBERS = re.compile(rf"{_STRING}|-?\d[\d.eE+-]*", re.DOTALL)
_SHORT = re.compile(r"Inf(?!inity)|-NaN")
_CONSTANTS = re.compile(rf"{_STRING}|Inf(?:inity)?|-NaN", re.DOTALL)
_ESCAPES = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATES = re.compile(
    r"\\u(?P<first>[dD][89abAB][0-9a-fA-F]{2})(?P<pair>\\u[dD][c-fC-F][0-9a-fA-F]{2})?"
    r"|\\u(?P<second>[dD][c-fC-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)


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
    text = _for_python(text)
    try:
        document, _ = (_WHOLE_DECODER if _LONG.search(text) else _DECODER).raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise _error(error.msg, text[: error.pos]) from None
    except RecursionError:
        raise too_deep() from None
    if not isinstance(document, dict):
        raise fault(document, "Is not object")
    return document


def _for_python(text: str) -> str:
    if _LARGE.search(text):
        for number in _NUMBERS.finditer(text):
            if number[0][0] != '"' and _too_big(number[0]):
                raise _error("Number too big to be stored in double.", text[: number.start()])
    if _SHORT.search(text):
        text = _CONSTANTS.sub(_constant, text)
    if _ESCAPES.search(text):
        text = _SURROGATES.sub(_surrogate, text)
    return text


def _too_big(number: str) -> bool:
    try:
        return math.isinf(float(number))
    except ValueError:  # no number, which is found later on
        return False


def _constant(token: re.Match[str]) -> str:
    return {"Inf": "Infinity", "-NaN": "NaN"}.get(token[0], token[0])


def _surrogate(escape: re.Match[str]) -> str:
    if escape["second"]:
        return chr(int(escape["second"], 16)).encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
    if escape["first"] and not escape["pair"]:
        raise _error("The surrogate pair in string is invalid.", escape.string[: escape.start()])
    return escape[0]


def _error(message: str, before: str) -> ServingError:
    return invalid(f"JSON Parse error: {message} at offset: {len(raw(before))}")


def _first(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        members = {}
        for key, value in pairs:
            members.setdefault(key, value)
    return members


def _whole(digits: str) -> int | float:
    """As a whole number of 64 bits, else as a double."""
    number = int(digits) if len(digits) <= _LONGEST_WHOLE else float(digits)
    return number if -(2**63) <= number < 2**64 else float(number)


_DECODER = json.JSONDecoder(object_pairs_hook=_first)
_WHOLE_DECODER = json.JSONDecoder(object_pairs_hook=_first, parse_int=_whole)
