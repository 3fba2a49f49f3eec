"""What `widedeep score` takes for a million rows, beside the model's signature called in a plain loop.

    python -m benchmarks run batch_scores [--rows 1000000] [--models work/movielens/models] [--data data/movielens]

MovieLens' rows, again and again, in one Parquet file. The loop (signature_loop.py) is one process that reads, encodes
and scores batch by batch, and keeps the scores in memory; `score` spreads over the cores, numbers the rows and writes a
Parquet file. Each is a process of its own, the loop first; seconds count from its start, TensorFlow's import and the
model's loading among them.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import click
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.harness import memory, subprocesses
from benchmarks.harness.data_steps import SPLITS
from benchmarks.harness.figures import Figure, print_figures
from benchmarks.harness.movielens_splits import movielens

_SCORE, _LOOP = "score", "loop"


class Cost(NamedTuple):
    """Of a process and its children: seconds, CPU seconds, and resident bytes at most."""

    seconds: float
    cpu: float
    memory: int


@click.command()
@click.option("--rows", default=1_000_000, show_default=True)
@click.option("--models", type=click.Path(exists=True, path_type=Path), default=Path("work/movielens/models"))
@click.option("--data", type=click.Path(path_type=Path), default=Path("data/movielens"))
def main(rows: int, models: Path, data: Path) -> None:
    """Scores them twice."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = repeated(movielens(data), folder / "rows.parquet", rows)
        costs = {
            _LOOP: _cost("benchmarks.pipelines.signature_loop", models, path, log=folder / "loop.txt"),
            _SCORE: _cost(
                "widedeep.pipeline.cli", "score", models, path, "--out", folder / "out.parquet", log=folder / "log.txt"
            ),
        }
        scored = pq.read_metadata(folder / "out.parquet").num_rows
    click.echo(f"{scored:,} rows: {costs}", err=True)
    print_figures(figures(scored, costs))


def repeated(source: Path, path: Path, rows: int) -> Path:
    """A file of so many rows: those of all splits in turn, from the first on again as often as it takes."""
    table = pa.concat_tables([pq.read_table(source / split) for split in SPLITS])
    with pq.ParquetWriter(path, table.schema) as writer:
        for start in range(0, rows, len(table)):
            writer.write_table(table.slice(0, rows - start))
    return path


def _cost(module: str, *arguments: object, log: Path) -> Cost:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocesses.start(module, *arguments, log=log)
    largest = memory.peak(process)
    subprocesses.finish(process, log)
    after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - started
    return Cost(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, largest)


def figures(rows: int, costs: Mapping[str, Cost]) -> list[Figure]:
    """Rows a second, and peak memory, of both."""
    details = {name: cost._asdict() for name, cost in costs.items()}
    score, loop = costs[_SCORE], costs[_LOOP]
    against = f"{rows / loop.seconds:,.0f} rows/s, {loop.memory / 2**20:,.0f} MiB of the loop"
    return [
        Figure("score_rows", rows / score.seconds, "rows/s", None, against, {"rows": rows, **details}),
        Figure("score_over_loop", loop.seconds / score.seconds, "of the loop's rows/s", ">= 1", against, {}),
        Figure("score_memory", score.memory / 2**20, "MiB at most", None, against, {}),
    ]


if __name__ == "__main__":
    main()
