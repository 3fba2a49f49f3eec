"""How good the training's defaults, and other settings, are on six data sets, each with nothing of its own set.

    python -m benchmarks run defaults [--originals data] [--only census] [--seeds 3] [--split eval]
        [--with "epochs=3 deep.dropout=0.2"]

MovieLens-100K, Taxi and Census are fetched; of Frappe, Criteo and Avazu those count that lie under `--originals` (see
click_logs.py). Each is transformed once; then one process trains on it with the defaults and with each `--with`.
Defaults are chosen on eval. What they came to is measured on test, once.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.harness.figures import Figure, print_figures
from benchmarks.training.data_sets import TABLES, data_sets, parsed, trained

DEFAULTS = "defaults"


@click.command()
@click.option("--originals", type=click.Path(path_type=Path), default=Path("data"), show_default=True)
@click.option("--only", multiple=True, type=click.Choice(TABLES), help="These data sets alone.")
@click.option("--seeds", default=3, show_default=True, help="Each is trained with seeds 1 to N.")
@click.option("--split", type=click.Choice(["eval", "test"]), default="eval", show_default=True)
@click.option(
    "--with", "settings", multiple=True, metavar="'KEY=VALUE ...'", help="Other settings beside the defaults."
)
def main(originals: Path, only: tuple[str, ...], seeds: int, split: str, settings: tuple[str, ...]) -> None:
    """Trains and measures."""
    candidates = {DEFAULTS: {}, **{given: parsed(given) for given in settings}}
    figures = []
    for name, data, _ in data_sets(only, originals):
        trainings = {key: trained(data, split, range(1, seeds + 1), values) for key, values in candidates.items()}
        figures.append(figure(name, split, trainings))
        click.echo(f"{name}: {figures[-1].details}", err=True)
    print_figures(figures)


def figure(name: str, split: str, trainings: Mapping[str, Sequence[Mapping[str, float]]]) -> Figure:
    """The AUC with the defaults; all metrics of all settings in the details.

    Args:
        name: of the data set.
        split: that was measured.
        trainings: by settings, a row a seed.
    """
    settings: dict[str, Any] = {}
    for key, rows in trainings.items():
        settings[key] = {what: round(statistics.fmean(row[what] for row in rows), 4) for what in rows[0]}
        if len(rows) > 1:
            settings[key] |= {f"{what}_sd": statistics.stdev(row[what] for row in rows) for what in ("auc", "logloss")}
    details = {"split": split, "seeds": len(trainings[DEFAULTS]), "settings": settings}
    against = ", ".join(key for key in trainings if key != DEFAULTS)
    return Figure(f"defaults_{name}", settings[DEFAULTS]["auc"], "auc", None, against, details)


if __name__ == "__main__":
    main()
