"""What each option of the training changes on six data sets, alone beside the defaults.

    python -m benchmarks run options [--originals data] [--only census] [--rows 10000] [--seeds 3]

Each option has one sensible value. It is trained with the first seed, and compared on eval with the defaults of that
seed; beside it stands how the defaults vary over the seeds. Of larger data sets `--rows` rows of train, and half as
many of eval, are drawn. The data sets are those of `defaults`, and so are the originals.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from benchmarks.harness.figures import Figure, print_figures
from benchmarks.training.data_sets import TABLES, data_sets, fewer, parsed, trained

_METRICS = ("auc", "logloss")
OPTIONS = (
    "wide.learning_rate=0.1",
    "wide.l1=0",
    "wide.l2=1",
    "deep.optimizer=adam deep.learning_rate=0.001",
    "deep.schedule.warmup_steps=100",
    "deep.schedule.decay=linear deep.schedule.decay_steps=500",
    "deep.hidden=[64,32]",
    "deep.dropout=0.3",
    "deep.batch_norm=true",
    "deep.activation=gelu",
    "deep.precision=bfloat16",
    "deep.products=true",
    "deep.l1=0.1",
    "deep.l2=1",
    "deep.embedding_l2=1",
    "deep.embedding_dropout=0.3",
    "batch_size=1024",
    "keep_negatives=0.5",
    "stop_on=auc",
    "model=fm",
)


@click.command()
@click.option("--originals", type=click.Path(path_type=Path), default=Path("data"), show_default=True)
@click.option("--only", multiple=True, type=click.Choice(TABLES), help="These data sets alone.")
@click.option("--rows", default=10_000, show_default=True, help="Of train, at most; of eval half as many.")
@click.option(
    "--seeds",
    type=click.IntRange(min=2),
    default=3,
    show_default=True,
    help="The defaults are trained with seeds 1 to N.",
)
def main(originals: Path, only: tuple[str, ...], rows: int, seeds: int) -> None:
    """Trains and measures."""
    figures = []
    for name, whole, folder in data_sets(only, originals):
        data, counts = fewer(whole, {"train": rows, "eval": rows // 2}, folder / "fewer")
        off = trained(data, "eval", range(1, seeds + 1), {})
        on = {given: trained(data, "eval", [1], parsed(given))[0] for given in OPTIONS}
        figures.append(figure(name, counts, off, on))
        click.echo(f"{name}: {figures[-1].details}", err=True)
    print_figures(figures)


def figure(
    name: str, rows: Mapping[str, int], off: Sequence[Mapping[str, float]], on: Mapping[str, Mapping[str, float]]
) -> Figure:
    """The AUC with the defaults; what each option changes in the details.

    Args:
        name: of the data set.
        rows: by split.
        off: metrics of the defaults, a row a seed.
        on: metrics by option, with the first of these seeds.
    """
    details: dict[str, object] = {"rows": dict(rows), "seeds": len(off)}
    for metric in _METRICS:
        values = [each[metric] for each in off]
        details |= {metric: round(statistics.fmean(values), 4), f"{metric}_sd": round(statistics.stdev(values), 5)}
    details["differences"] = {
        given: {metric: round(quality[metric] - off[0][metric], 4) for metric in _METRICS}
        for given, quality in on.items()
    }
    return Figure(
        f"options_{name}", statistics.fmean(each["auc"] for each in off), "auc", None, "each option alone", details
    )


if __name__ == "__main__":
    main()
