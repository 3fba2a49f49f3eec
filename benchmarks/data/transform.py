"""What the Transform component costs as the rows grow: time, linearity, and peak memory.

    python -m benchmarks run transform [--rows 10000 --rows 100000 --rows 1000000] [--mode auto]

The rows are MovieLens-100K's, repeated with new users and movies, under schema/movielens/features.yaml. ExampleGen
writes them first; Transform then runs in a process of its own for each size. Most of its time on few rows is the
building of Beam's graph, the tracing of TensorFlow's and the start of Beam's workers, which cost the same at every
size: time and memory are measured on 100 rows, in the same mode of Beam, and taken off before sizes are compared.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from benchmarks.data.transform_scaling import FEW_ROWS, Cost, Point, figures
from benchmarks.harness import subprocesses
from benchmarks.harness.data_steps import Mode, settings
from benchmarks.harness.figures import print_figures
from benchmarks.harness.memory import peak
from benchmarks.harness.movielens_splits import movielens, repeated

_FEATURES = subprocesses.ROOT / "schema" / "movielens" / "features.yaml"
_MIB = 2**20


@click.command()
@click.option("--rows", multiple=True, type=int, default=(10_000, 100_000, 1_000_000), show_default=True)
@click.option("--mode", type=click.Choice(["auto", "in_memory", "multi_processing"]), default="auto", show_default=True)
@click.option("--data", type=click.Path(path_type=Path), default=Path("data/movielens"), show_default=True)
def main(rows: tuple[int, ...], mode: Mode, data: Path) -> None:
    """Measures each size once, the smallest first."""
    source = movielens(data)
    points: list[Point] = []
    few: dict[Mode, Cost] = {}
    for count in sorted(rows):
        with tempfile.TemporaryDirectory() as folder:
            repeated(source, Path(folder) / "data", count)
            taken = mode_of(Path(folder) / "data", mode)
            if taken not in few:
                few[taken] = _few(source, taken)
            points.append(Point(count, taken, _measured(Path(folder), taken), few[taken]))
        click.echo(f"{points[-1]}", err=True)
    print_figures(figures(points))


def mode_of(data: Path, mode: Mode) -> Mode:
    """What the pipeline makes of Beam's `mode` for the Parquet files under `data`."""
    from widedeep.pipeline.definition.beam_options import beam_args

    config = settings(_FEATURES, data, mode)
    size = sum(path.stat().st_size for path in data.rglob("*.parquet"))
    prefix = "--direct_running_mode="
    [taken] = [option for option in beam_args(config.beam, config.data.format, size) if option.startswith(prefix)]
    return "in_memory" if taken == f"{prefix}in_memory" else "multi_processing"


def _few(source: Path, mode: Mode) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        repeated(source, Path(folder) / "data", FEW_ROWS)
        return _measured(Path(folder), mode)


def _measured(home: Path, mode: Mode) -> Cost:
    given, answer, log = (home / name for name in ("settings.json", "answer.json", "log.txt"))
    common = {"features": str(_FEATURES), "data": str(home / "data"), "mode": mode, "workdir": str(home / "work")}
    for last in ("ImportSchemaGen", "Transform"):
        given.write_text(json.dumps(common | {"last": last, "out": str(answer)}))
        process = subprocesses.start("benchmarks.harness.data_steps", given, log=log)
        largest = peak(process)
        subprocesses.finish(process, log)
    told = json.loads(answer.read_text())
    return Cost(told["seconds"]["Transform"], largest / _MIB, told["resident_before"] / _MIB)


if __name__ == "__main__":
    main()
