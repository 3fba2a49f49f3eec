"""What a person at the terminal sees of rows being scored."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from widedeep.components.scoring.segments import rows_written

if TYPE_CHECKING:
    from widedeep.components.scoring.job import Watch

_LOOK_SECONDS = 0.5
# Without a terminal the state is a line of the output, at most one in so many seconds.
_QUIET_SECONDS = 10.0


@contextmanager
def watched(console: Console, expected: int | None) -> Iterator[Watch]:
    """Shows how many rows have been scored, whoever does it, and then written.

    Args:
        console: the person's.
        expected: about how many there are; None where that is not known.
    """
    from widedeep.components.scoring.job import Watch

    stop = threading.Event()
    threads: list[threading.Thread] = []
    with _shown(console, expected) as show:

        def look(folder: Path) -> None:
            while not stop.wait(_LOOK_SECONDS):
                try:
                    show("scoring", rows_written(folder))
                except FileNotFoundError:  # the work has ended
                    return

        def start(folder: Path) -> None:
            threads.append(threading.Thread(target=look, args=(folder,), daemon=True))
            threads[0].start()

        def written(rows: int) -> None:
            stop.set()
            show("writing", rows)

        try:
            yield Watch(start, written)
        finally:
            stop.set()
            for thread in threads:
                thread.join()


@contextmanager
def _shown(console: Console, expected: int | None) -> Iterator[Callable[[str, int], None]]:
    if not console.is_terminal:
        yield _Lines(console)
        return
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TextColumn("{task.completed:,.0f} rows"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        # Rich would send what libraries print to the person.
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with progress:
        task = progress.add_task("loading the model", total=expected)
        yield lambda what, rows: progress.update(task, description=what, completed=rows)


class _Lines:
    """The state as lines of output."""

    def __init__(self, console: Console) -> None:
        self._console, self._last = console, time.monotonic()

    def __call__(self, what: str, rows: int) -> None:
        if time.monotonic() - self._last >= _QUIET_SECONDS:
            self._last = time.monotonic()
            self._console.print(f"{what}: {rows:,} rows")
