"""What a person sees of a search while it lasts."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from widedeep.pipeline.local import terminal

STATE = {"step": 5, "steps": 10, "loss": 0.5, "watched": "auc", "value": 0.75}


def shown(monkeypatch: pytest.MonkeyPatch, *, alive: bool, **trial: int) -> str:
    monkeypatch.setattr(terminal, "_QUIET_SECONDS", 0.0)
    output = io.StringIO()
    with terminal.Watch(Console(file=output, force_terminal=alive, width=160)) as watch:
        watch.node("Tuner", "RUNNING", 0.0)
        watch.training({**STATE, **trial})
        if alive:
            watch._live.refresh()
    return output.getvalue()


def test_the_bar_names_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "trial 3/20  loss 0.5000  AUC 0.7500" in shown(monkeypatch, alive=True, trial=3, trials=20)
    assert "trial" not in shown(monkeypatch, alive=True)


def test_without_a_terminal_a_line_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, alive=False, trial=3, trials=20).splitlines() == [
        "  training: trial 3/20  step 5/10  loss 0.5000  AUC 0.7500"
    ]
    assert shown(monkeypatch, alive=False).splitlines() == ["  training: step 5/10  loss 0.5000  AUC 0.7500"]
