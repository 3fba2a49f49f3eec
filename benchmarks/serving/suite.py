"""Serving MovieLens with the stand-in: latency, CPU, throughput, hot swaps and malformed requests, on this machine.

    python -m benchmarks run serving [--quick] [--plot FILE.svg] [--malformed N [--only-malformed]]

Server and clients are processes of their own and talk over the loopback interface. Two models are measured: one with
the defaults' hidden layers, and one with the paper's, which are larger.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from benchmarks.harness.figures import Figure, print_figures
from benchmarks.harness.movielens_splits import movielens
from benchmarks.serving import plot as latency_plot
from benchmarks.serving.latency import Effort
from benchmarks.serving.measurements import Measurements, Size
from benchmarks.serving.servers.models import MODELS

_SIZES = {
    False: Size(None, Effort(rounds=5, seconds=1.2, requests=40), 2.5, 100, 10_000),
    True: Size(2_000, Effort(rounds=2, seconds=0.4, requests=12), 0.6, 3, 400),
}


@click.command()
@click.option("--quick", is_flag=True, help="Few rows, short measures: to try it out; its numbers are rough.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.svg", help="Also draw them.")
@click.option("--malformed", type=click.IntRange(min=20), metavar="N", help="Send so many malformed requests.")
@click.option("--only-malformed", is_flag=True, help="Measure nothing else; give --no-keep before the name, too.")
@click.option("--data", type=click.Path(path_type=Path), default=Path("data/movielens"), show_default=True)
def main(quick: bool, plot: Path | None, malformed: int | None, only_malformed: bool, data: Path) -> None:
    """Measures all in turn."""
    size = _SIZES[quick]
    if malformed:
        size = replace(size, malformed=malformed)
    # Copies of a model are links, for which all must be on one file system.
    with tempfile.TemporaryDirectory() as folder:
        names = ("default",) if only_malformed else MODELS
        measurements = Measurements(Path(folder), movielens(data).resolve(), size, names)
        measures: tuple[Callable[[], list[Figure]], ...] = (
            measurements.default,
            measurements.paper,
            measurements.batching,
            measurements.swaps,
            measurements.malformed,
        )
        if only_malformed:
            measures = (measurements.malformed,)
        figures = [figure for measure in measures for figure in measure()]
    if plot:
        plot.write_text((latency_plot.memory_svg if only_malformed else latency_plot.svg)(figures))
    print_figures(figures)


if __name__ == "__main__":
    main()
