"""Parsing JSON and quoting it in errors."""

from __future__ import annotations

from typing import Any

import pytest

from widedeep.serving.standin.errors import ServingError
from widedeep.serving.standin.rest import json_text


def refused(body: bytes) -> str:
    with pytest.raises(ServingError) as caught:
        json_text.parse(body)
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
        (b'{"a": 1' + b"0" * 5000 + b"}", "JSON Parse error: Number too big to be stored in double."),
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
    assert repr(json_text.parse(body)) == repr(expected)


def test_bytes_that_are_no_utf8_stay_what_they_are() -> None:
    text = json_text.parse(b'{"a": "\xff\xc3\xa4"}')["a"]
    assert json_text.raw(text) == b"\xff\xc3\xa4"
    assert json_text.clean(text) == "?\N{LATIN SMALL LETTER A WITH DIAERESIS}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, "{}"),
        ([], "[]"),
        ([1, [2.5, "a"], None], '[1, [2.5, "a"], null]'),
        (
            {"a": {"b": [1]}, "c": [{"d": True}]},
            '{\n    "a": {\n        "b": [1]\n    },\n    "c": [{\n            "d": true\n        }]\n}',
        ),
        # Each element adds ", 10": the first has 3 bytes with its bracket, and 3 + 4 * 64 are the first 256 and more.
        ([10] * 500, "[10" + ", 10" * 64),
        ("\ud800", '"?"'),
    ],
)
def test_a_value_in_an_error(value: Any, expected: str) -> None:
    assert json_text.quoted(value) == expected


@pytest.mark.parametrize(
    ("value", "name"),
    [
        *((None, "Null"), (True, "True"), (False, "False"), (1, "Number"), (1.5, "Number"), ("a", "String")),
        *(([], "Array"), ({}, "Object")),
    ],
)
def test_kinds_of_values(value: Any, name: str) -> None:
    assert json_text.type_name(value) == name
