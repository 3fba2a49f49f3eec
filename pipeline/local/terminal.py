"""What a person at the terminal sees; everything else goes to the log.

TensorFlow and Beam write to the file descriptors 1 and 2 themselves, past Python, so it is the descriptors that
are pointed at the log while a run lasts.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.spinner import Spinner
from rich.text import Text

from widedeep.components.common.progress import TrainingProgress

_MARKS = {"COMPLETE": "[green]✓[/]", "CACHED": "[cyan]✓[/]", "SKIPPED": "[dim]-[/]", "FAILED": "[red]✗[/]"}
# Without a terminal the training's state is a line of the output, at most one in so many seconds.
_QUIET_SECONDS = 10.0


@contextmanager
def logged_to(path: Path) -> Iterator[Console]:
    """Sends all output of this process to a log file, and yields the console that still reaches the person."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    handler = logging.StreamHandler()
    with path.open("a", encoding="utf-8") as log, os.fdopen(os.dup(2), "w", encoding="utf-8") as person:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname).1s %(name)s: %(message)s"))
        root = logging.getLogger()
        before = root.level
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        try:
            yield Console(file=person, highlight=False, soft_wrap=True)
        finally:
            root.removeHandler(handler)
            root.setLevel(before)
            sys.stdout.flush()
            sys.stderr.flush()
            for number, descriptor in zip((1, 2), kept, strict=True):
                os.dup2(descriptor, number)
                os.close(descriptor)


def waiting(console: Console, text: str) -> Live:
    """Shows a spinner with a text for as long as its context is open."""
    return _live(Spinner("dots", text=text), console)


def _live(shown: RenderableType, console: Console) -> Live:
    # Rich would otherwise send what others print to the person, past the log.
    return Live(
        shown,
        console=console,
        transient=True,
        refresh_per_second=4,
        redirect_stdout=False,
        redirect_stderr=False,
    )


class Watch:
    """One line a component, and under them what runs now: on a terminal alive, elsewhere as plain lines."""

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
        self._task: Any = None
        self._said = time.monotonic()

    def __enter__(self) -> Watch:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *unused: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def node(self, node: str, state: str, seconds: float) -> None:
        """A component started (RUNNING) or ended."""
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
        if state == "RUNNING":
            self._task = self._progress.add_task(node, total=None, state="")
            return
        cached = "  [cyan]cached[/]" if state == "CACHED" else ""
        self._console.print(f"{_MARKS[state]} {node:<20} {seconds:6.1f} s{cached}")

    def training(self, report: TrainingProgress) -> None:
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
        elif time.monotonic() - self._said >= _QUIET_SECONDS:
            self._said = time.monotonic()
            self._console.print(Text(f"  training: {trial}step {report['step']}/{report.get('steps') or '?'}  {text}"))
