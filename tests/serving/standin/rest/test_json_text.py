"""JSON values as errors quote them."""

from __future__ import annotations

from typing import Any

import pytest

from widedeep.serving.standin.rest import json_text


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
