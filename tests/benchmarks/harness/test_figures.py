"""The line that scripts read."""

from __future__ import annotations

import json

import pytest

from benchmarks.harness.figures import Figure, print_figures


def test_the_last_line_is_the_list_of_figures(capsys: pytest.CaptureFixture[str]) -> None:
    print("before")
    print_figures([Figure("a", 1.23456, "s", "<= 1.2", "b", {"rounds": 3})])
    wanted = {"name": "a", "value": 1.2346, "unit": "s", "goal": "<= 1.2", "holds": False, "against": "b"}
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == [wanted | {"details": {"rounds": 3}}]
