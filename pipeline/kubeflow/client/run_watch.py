"""A run on Kubeflow as it goes on: one line a step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from widedeep.components.common.errors import WideDeepError

_POLL = 5.0
# How often in a row the server may fail to answer.
_PATIENCE = 12
_FINAL = ("SUCCEEDED", "SKIPPED", "FAILED", "CANCELED")
_NOT_RUN = "not run"
_COLOURS = {"SUCCEEDED": "green", "FAILED": "red", "CANCELED": "red", "RUNNING": "cyan"}


def watch(read_run: Callable[[], Any], tasks: Mapping[str, str], console: Console) -> str:
    """Shows a run until it ends.

    Args:
        read_run: gives KFP's V2beta1Run as it is now.
        tasks: what the pipeline's tasks are called, by their names.
        console: for the person; where it is no terminal, each change is a line.

    Returns:
        The run's last state.

    Raises:
        WideDeepError: the server stopped answering.
    """
    printed: dict[str, str] = {}
    failures = 0
    with Live(console=console, auto_refresh=False) as live:
        while True:
            try:
                run = read_run()
            except WideDeepError as error:
                failures += 1
                if failures >= _PATIENCE:
                    raise
                console.print(Text(f"{error} Looking again.", style="yellow"), soft_wrap=True)
                time.sleep(_POLL)
                continue
            failures = 0
            steps = _steps(run, tasks)
            ended = run.state in _FINAL
            if console.is_terminal:
                live.update(_table(run, steps, tasks, _NOT_RUN if ended else "PENDING"), refresh=True)
            for name, step in steps.items():
                if not console.is_terminal and printed.get(name) != step.state:
                    printed[name] = step.state
                    console.print(Text(f"{tasks[name]:<20} {step.state}"), soft_wrap=True)
            if ended:
                if not console.is_terminal:
                    for name in (name for name in tasks if name not in steps):
                        console.print(Text(f"{tasks[name]:<20} {_NOT_RUN}"), soft_wrap=True)
                return str(run.state)
            time.sleep(_POLL)


def _steps(run: Any, tasks: Mapping[str, str]) -> dict[str, Any]:
    """What KFP knows of each task so far. (It lists drivers, executors and the whole beside them.)"""
    details = (run.run_details.task_details if run.run_details else None) or []
    return {task.display_name: task for task in details if task.display_name in tasks and task.state}


def _table(run: Any, steps: dict[str, Any], tasks: Mapping[str, str], unknown: str) -> Table:
    # Text, since a run's name may look like Rich's markup.
    caption = Text(f"{run.display_name}: {run.state}")
    table = Table("step", "state", "seconds", box=None, pad_edge=False, caption=caption)
    for name, title in tasks.items():
        state = steps[name].state if name in steps else unknown
        seconds = _seconds(steps[name]) if name in steps else ""
        table.add_row(Text(title), Text(state, style=_COLOURS.get(state, "dim")), seconds)
    return table


def _seconds(step: Any) -> str:
    # An end in 1970 stands for none.
    if step.start_time is None or step.start_time.year < 2000:
        return ""
    end = step.end_time if step.end_time and step.end_time.year >= 2000 else datetime.now(step.start_time.tzinfo)
    return f"{(end - step.start_time).total_seconds():.0f}"
