"""How far the reading is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

from widedeep.pipeline.drafting.reading.survey import Listener


@contextmanager
def reading_bar(console: Console) -> Iterator[Listener]:
    """A bar on a terminal, and nothing elsewhere; it hears of bytes read, bytes in all, and rows read."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("reading", total=None, rows="")

        def tell(done: int, total: int, rows: int) -> None:
            text = "measuring" if done >= total else "reading"
            progress.update(task, completed=done, total=total, rows=f"{rows:,} rows", description=text)

        yield tell
