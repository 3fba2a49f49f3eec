"""What a person sees of a run, and of a search, while it lasts."""

from __future__ import annotations

import io
import sys

import pytest
from rich.console import Console

from widedeep.components.common import progress
from widedeep.pipeline.local import progress_display
from widedeep.pipeline.local.progress_display import ProgressDisplay, spinner

STATE = {"step": 5, "steps": 10, "loss": 0.5, "watched": "auc", "value": 0.75}


def test_what_others_print_stays_out_of_the_live_display() -> None:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=100)
    before = sys.stdout, sys.stderr
    with spinner(console, "loading"):
        assert (sys.stdout, sys.stderr) == before
    with ProgressDisplay(console):
        assert (sys.stdout, sys.stderr) == before
    assert "loading" in output.getvalue()


def test_without_a_terminal_it_is_a_line_a_component() -> None:
    output = io.StringIO()
    with ProgressDisplay(Console(file=output, force_terminal=False, width=100)) as display:
        display.show_node("Transform", "RUNNING", 0.0)
        display.show_node("Transform", "CACHED", 0.03)
        display.show_node("Trainer", "RUNNING", 0.0)
        display.show_training(STATE)
        display.show_node("Trainer", "FAILED", 12.34)
    lines = output.getvalue().splitlines()
    assert [line.split() for line in lines if line.strip()] == [
        ["✓", "Transform", "0.0", "s", "cached"],
        ["✗", "Trainer", "12.3", "s"],
    ]


def test_on_a_terminal_the_bar_shows_step_loss_and_auc() -> None:
    output = io.StringIO()
    with ProgressDisplay(Console(file=output, force_terminal=True, width=120)) as display:
        display.show_node("Trainer", "RUNNING", 0.0)
        display.show_training(STATE)
        display._live.refresh()
    for part in ("Trainer", "5/10", "loss 0.5000", "AUC 0.7500"):
        assert part in output.getvalue()


def test_it_hears_of_the_training_by_itself_until_it_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_display, "_QUIET_SECONDS", 0.0)
    output = io.StringIO()
    with ProgressDisplay(Console(file=output, force_terminal=False, width=100)):
        progress.report(STATE)
    progress.report(STATE)
    assert output.getvalue().splitlines() == ["  training: step 5/10  loss 0.5000  AUC 0.7500"]


def test_it_shows_how_many_rows_a_query_has_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_display, "_QUIET_SECONDS", 0.0)
    output = io.StringIO()
    with ProgressDisplay(Console(file=output, force_terminal=False, width=100)):
        progress.report_rows("data.splits.train", 1_250_000)
    progress.report_rows("data.splits.train", 2_000_000)
    assert output.getvalue().splitlines() == ["  data.splits.train: 1,250,000 rows"]
    output = io.StringIO()
    with ProgressDisplay(Console(file=output, force_terminal=True, width=120)) as display:
        display.show_node("ExampleGen", "RUNNING", 0.0)
        progress.report_rows("data.splits.train", 1_250_000)
        display._live.refresh()
    assert "data.splits.train: 1,250,000 rows" in output.getvalue()


def search(monkeypatch: pytest.MonkeyPatch, *, alive: bool, **trial: int) -> str:
    monkeypatch.setattr(progress_display, "_QUIET_SECONDS", 0.0)
    output = io.StringIO()
    with ProgressDisplay(Console(file=output, force_terminal=alive, width=160)) as display:
        display.show_node("Tuner", "RUNNING", 0.0)
        display.show_training({**STATE, **trial})
        if alive:
            display._live.refresh()
    return output.getvalue()


def test_the_bar_names_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "trial 3/20  loss 0.5000  AUC 0.7500" in search(monkeypatch, alive=True, trial=3, trials=20)
    assert "trial" not in search(monkeypatch, alive=True)


def test_without_a_terminal_a_line_names_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    assert search(monkeypatch, alive=False, trial=3, trials=20).splitlines() == [
        "  training: trial 3/20  step 5/10  loss 0.5000  AUC 0.7500"
    ]
