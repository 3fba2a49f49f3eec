"""The data steps on a runner of their own against this process: from how many rows on does the other pay?

    python -m benchmarks run beam_elsewhere [--rows 10000 --rows 100000 --rows 1000000] [--workdir /shared/benchmark]
        --option=--runner=FlinkRunner --option=--flink_master=http://HOST:8081 --option=--flink_submit_uber_jar
        --option=--environment_type=EXTERNAL --option=--environment_config=localhost:50000 --option=--parallelism=2

The rows are MovieLens-100K's, past its size with ids of their own, in a file for every 100,000. Each size is run in
this process and there, in turn. The cluster is there already, and its workers see the working directory at the same
path.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from benchmarks.harness.data_steps import DataSteps, settings
from benchmarks.harness.figures import Figure, print_figures
from benchmarks.harness.movielens_splits import movielens, repeated
from benchmarks.harness.subprocesses import ROOT
from widedeep.pipeline.definition.beam_options import BeamOptions

_STEPS = ("ExampleGen", "ImportSchemaGen", "StatisticsGen", "Transform")


@click.command()
@click.option("--option", "options", multiple=True, required=True, help="Of Beam, for the other runner.")
@click.option("--rows", multiple=True, type=int, default=(10_000, 100_000, 1_000_000), show_default=True)
@click.option("--workdir", type=click.Path(path_type=Path), help="That all workers see; by default one of /tmp.")
def main(options: tuple[str, ...], rows: tuple[int, ...], workdir: Path | None) -> None:
    """Runs and measures."""
    there = BeamOptions(mode="auto", options=options)
    figures = []
    with tempfile.TemporaryDirectory(dir=workdir) as folder:
        for number in rows:
            home = Path(folder) / str(number)
            source = repeated(movielens(ROOT / "data" / "movielens"), home / "data", number)
            here = _seconds(source, home / "here", BeamOptions(mode="in_memory", options=()))
            other = _seconds(source, home / "there", there)
            details = {"rows": number, "cpus": os.cpu_count(), "here": here, "there": other}
            click.echo(details, err=True)
            ratio = sum(other.values()) / sum(here.values())
            figures.append(Figure(f"there_over_here_{number}", ratio, "of here's time", None, "here, in turn", details))
    print_figures(figures)


def _seconds(data: Path, workdir: Path, beam: BeamOptions) -> dict[str, float]:
    """Seconds of each step."""
    features = ROOT / "schema" / "movielens" / "features.yaml"
    config = settings(features, data).model_copy(update={"beam": beam})
    return DataSteps(config, workdir, _STEPS).execute("Transform")


if __name__ == "__main__":
    main()
