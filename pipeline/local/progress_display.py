"""What a person at the terminal sees of a run while it lasts."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.spinner import Spinner
from rich.text import Text

from widedeep.components.common import progress
from widedeep.components.common.progress import TrainingProgress

_MARKS = {"COMPLETE": "[green]✓[/]", "CACHED": "[cyan]✓[/]", "SKIPPED": "[dim]-[/]", "FAILED": "[red]✗[/]"}
# Without a terminal the training's state is a line of the output, at most one in so many seconds.
_QUIET_SECONDS = 10.0


def spinner(console: Console, text: str) -> Live:
    """Shows a spinner with a text for as long as its context is open."""
    return _live(Spinner("dots", text=text), console)


def _live(content: RenderableType, console: Console) -> Live:
    # Rich would otherwise send what others print to the person, past the log.
    return Live(
        content,
        console=console,
        transient=True,
        refresh_per_second=4,
        redirect_stdout=False,
        redirect_stderr=False,
    )


class ProgressDisplay:
    """One line a component, and under them what runs now: on a terminal alive, elsewhere as plain lines.

    While its context is open it hears of the training by itself; of the components it is told.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<20}"),
            TextColumn("{task.elapsed:>6.1f} s"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}"),
            console=console,
        )
        self._live = _live(self._progress, console)
        self._task: TaskID | None = None
        self._last_line = time.monotonic()
        self._context = ExitStack()

    def __enter__(self) -> Self:
        self._context.enter_context(progress.listener(self.show_training))
        self._context.enter_context(progress.reading_listener(self.show_reading))
        if self._console.is_terminal:
            self._context.enter_context(self._live)
        return self

    def __exit__(self, *unused: object) -> None:
        self._context.close()

    def show_node(self, node: str, state: str, seconds: float) -> None:
        """A component started (RUNNING) or ended."""
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
        if state == "RUNNING":
            self._task = self._progress.add_task(node, total=None, state="")
            return
        cached = "  [cyan]cached[/]" if state == "CACHED" else ""
        self._console.print(f"{_MARKS[state]} {node:<20} {seconds:6.1f} s{cached}")

    def show_training(self, report: TrainingProgress) -> None:
        """The Trainer, or a trial of the Tuner, reached a step."""
        trial = f"trial {report['trial']}/{report['trials']}  " if "trial" in report else ""
        text = f"loss {report['loss']:.4f}"
        if report["value"] is not None:
            text += f"  {report['watched'].replace('auc', 'AUC')} {report['value']:.4f}"
        if self._console.is_terminal:
            if self._task is not None:
                self._progress.update(
                    self._task, completed=report["step"], total=report.get("steps"), state=trial + text
                )
        else:
            self._quiet(f"training: {trial}step {report['step']}/{report.get('steps') or '?'}  {text}")

    def show_reading(self, name: str, rows: int) -> None:
        """A query, which is read by one worker however long it is, has given so many rows."""
        if not self._console.is_terminal:
            self._quiet(f"{name}: {rows:,} rows")
        elif self._task is not None:
            self._progress.update(self._task, state=f"{name}: {rows:,} rows")

    def _quiet(self, text: str) -> None:
        if time.monotonic() - self._last_line >= _QUIET_SECONDS:
            self._last_line = time.monotonic()
            self._console.print(Text(f"  {text}"))
