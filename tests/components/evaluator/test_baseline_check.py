"""What is told of a last blessed model that can't be asked any more."""

from __future__ import annotations

import pytest

from widedeep.components.evaluator.baseline_check import _first_line


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SavedModel file does not exist at: /models/1/{saved_model.pbtxt|saved_model.pb}", None),
        (
            "Graph execution error:\n\nDetected at node Parse defined at (most recent call last):\n"
            "<stack traces unavailable>\n"
            "Name: <unknown>, Feature: age (data type: float) is required but could not be found.\n"
            "\t [[{{node Parse}}]] [Op:__inference_1]",
            "Feature: age (data type: float) is required but could not be found",
        ),
        ('Detected at node a\n  File "x.py", line 3\nwrong', "wrong"),
        ("", "ValueError"),
        ("x" * 400, "x" * 300 + "... (400 characters)"),
    ],
)
def test_the_line_that_says_what_is_wrong(text, told) -> None:
    assert _first_line(ValueError(text)) == (told or text)
