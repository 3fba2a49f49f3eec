"""A request's JSON, read as RapidJSON reads it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from widedeep.serving.standin.errors import ServingError
from widedeep.serving.standin.rest.json_document import parse
from widedeep.serving.standin.rest.json_text import clean, raw


def refused(body: bytes) -> str:
    with pytest.raises(ServingError) as caught:
        parse(body)
    assert caught.value.code.name == "INVALID_ARGUMENT"
    return caught.value.message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "JSON Parse error: The document is empty"),
        (b" \n", "JSON Parse error: The document is empty. at offset: 2"),
        (b"[1]", "JSON Value: [1] Is not object"),
        (b'"text"', 'JSON Value: "text" Is not object'),
        (b'{"a": }', "JSON Parse error: Expecting value at offset: 6"),
        # The offset counts bytes: two of the umlaut.
        ('{"\N{LATIN SMALL LETTER A WITH DIAERESIS}": }'.encode(), "JSON Parse error: Expecting value at offset: 7"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "JSON Parse error: Number too big to be stored in double. at offset: 6"),
        (b'{"a": ' + b"[" * 100_000, "JSON Parse error: The document is nested too deeply."),
    ],
)
def test_what_is_no_object_is_refused(body: bytes, message: str) -> None:
    assert refused(body) == message


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b' {"a": 1} and more', {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": [1, 1.0, true, null]}', {"a": [1, 1.0, True, None]}),
    ],
)
def test_an_object_is_read(body: bytes, expected: Any) -> None:
    assert repr(parse(body)) == repr(expected)


def test_bytes_that_are_no_utf8_stay_what_they_are() -> None:
    text = parse(b'{"a": "\xff\xc3\xa4"}')["a"]
    assert raw(text) == b"\xff\xc3\xa4"
    assert clean(text) == "?\N{LATIN SMALL LETTER A WITH DIAERESIS}"


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e309", "1E+309", "9" * 309, "1" + "0" * 400 + ".5"])
def test_a_number_beyond_every_double_is_refused_where_it_stands(number: str) -> None:
    assert refused(f'{{"x1e400": "1e400", "a": [1, {number}]}}'.encode()) == (
        "JSON Parse error: Number too big to be stored in double. at offset: 29"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Inf", math.inf),
        ("-Inf", -math.inf),
        ("Infinity", math.inf),
        ("-Infinity", -math.inf),
        ("1e308", 1e308),
        ("1e-400", 0.0),
        ("0." + "0" * 400 + "1", 0.0),
        ("1e-999", 0.0),
        (str(2**64 - 1), 2**64 - 1),
        (str(-(2**63)), -(2**63)),
        (str(2**64), float(2**64)),
        (str(-(2**63) - 1), float(-(2**63) - 1)),
        ('"Inf 1e400 -NaN"', "Inf 1e400 -NaN"),
        (r'"\"Inf"', '"Inf'),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\\udc00"', r"\udc00"),
    ],
)
def test_values(text: str, expected: Any) -> None:
    value = parse(f'{{"a": [{text}]}}'.encode())["a"]
    assert value == [expected]
    assert [type(member) for member in value] == [type(expected)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["NaN", "-NaN"])
def test_no_number_is_one(text: str) -> None:
    [value] = parse(f'{{"a": [{text}]}}'.encode())["a"]  # type: ignore[misc]
    assert math.isnan(value)  # type: ignore[has-type]


def test_of_equal_keys_the_first_counts() -> None:
    assert parse(b'{"a": 1, "b": 2, "a": {"c": 3, "c": 4}}') == {"a": 1, "b": 2}
    assert list(parse(b'{"a": 1, "b": 2, "a": 3}')) == ["a", "b"]


@pytest.mark.parametrize("escape", [r"\ud800", r"\ud800x", r"\udbff\ud800"])
def test_the_first_half_of_a_pair_does_not_stand_alone(escape: str) -> None:
    assert refused(f'{{"a": "{escape}"}}'.encode()) == (
        "JSON Parse error: The surrogate pair in string is invalid. at offset: 7"
    )


@pytest.mark.parametrize(("escape", "expected"), [("dc00", b"\xed\xb0\x80"), ("DC80", b"\xed\xb2\x80")])
def test_the_second_half_does_as_its_own_bytes(escape: str, expected: bytes) -> None:
    assert raw(parse(f'{{"a": "\\u{escape}"}}'.encode())["a"]) == expected  # type: ignore[arg-type]


_LEAVES = (
    some.none() | some.booleans() | some.integers(-(2**63), 2**64 - 1) | some.floats(allow_nan=False) | some.text()
)
_VALUES = some.recursive(_LEAVES, lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner), max_leaves=8)


@given(some.dictionaries(some.text(), _VALUES), some.booleans())
def test_whatever_is_written_is_read(document: dict[str, Any], escaped: bool) -> None:
    # Halves of pairs are no text: what becomes of them stands above.
    written = json.dumps(document, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    assert parse(written) == document
