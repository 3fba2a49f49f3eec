"""What the terminal prints: every sign of a path and a message, whatever Rich would make of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.terminal import show

ODD = "/data [v2]/[bold]x[/bold]/:dog:/a\\[b]\\"


def test_paths_and_messages_are_printed_as_they_are(
    summary: Callable[[Any], Summary], full: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    vars(full).update(pushed_to=f"{ODD}/models/3", report=f"{ODD}/r.html", warnings=[ODD], refusals=[f"no {ODD}"])
    full.training_note = f"still improving: {ODD}"
    show(summary(full))
    printed = capsys.readouterr().out
    assert f"pushed     {ODD}/models/3" in printed
    assert f"report     {ODD}/r.html\n" in printed
    assert f"warning: {ODD}\n" in printed
    assert f"note       still improving: {ODD}\n" in printed
    assert f"not blessed: no {ODD}\n" in printed
