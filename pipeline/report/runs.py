"""The runs of a working directory side by side, in the terminal and as a page."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from widedeep.components.common.files import write_if_changed
from widedeep.components.common.metrics import is_of_lists
from widedeep.pipeline.record.run_comparison import ComparedRun, RunComparison
from widedeep.pipeline.report.numbers import duration, fixed, metric_name, number
from widedeep.pipeline.report.templating import rendered


def show(comparison: RunComparison) -> None:
    """Prints a line a run: metrics, seconds, and the settings in which runs differ."""
    console = Console(highlight=False)
    console.width = console.width if console.is_terminal else 160
    metrics = shown_metrics(comparison)
    table = Table("run", "", *metrics, "took", "training", "settings that differ", box=None, pad_edge=False)
    for column in table.columns[:-1]:
        column.no_wrap = True
    for run in comparison.runs:
        values = [fixed(number(run.metrics.get(name))) for name in metrics]
        # As Text: a name may look like Rich's markup.
        told = ", ".join(f"{key} {value}" for key, value in run.settings.items())
        cells = [run.run_id, run.outcome, *values, duration(run.seconds), duration(run.train_seconds), told]
        table.add_row(*map(Text, cells), style="bold" if run.best else "")
    console.print(table)


def shown_metrics(comparison: RunComparison) -> list[str]:
    """Those that a table has room for: of lists the GAUC alone."""
    return [name for name in comparison.metrics if name == "gauc" or not is_of_lists(name)]


def write(comparison: RunComparison, path: Path) -> None:
    """Writes the page, which links to the runs' reports."""
    metrics = shown_metrics(comparison)
    write_if_changed(
        path,
        rendered(
            "templates/runs.html.jinja",
            comparison=comparison,
            heads=[metric_name(name) for name in metrics],
            rows=[_row(run, metrics, path.resolve().parent) for run in comparison.runs],
        ),
    )


def _row(run: ComparedRun, metrics: list[str], folder: Path) -> dict[str, object]:
    return {
        "run": run,
        "link": os.path.relpath(run.report, folder) if Path(run.report).is_file() else "",
        "metrics": [fixed(number(run.metrics.get(name))) for name in metrics],
        "took": duration(run.seconds),
        "training": duration(run.train_seconds),
    }
