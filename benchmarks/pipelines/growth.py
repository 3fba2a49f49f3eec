"""What a whole run costs as its rows grow, by step: seconds, CPU, memory and bytes written.

    python -m benchmarks run growth [--rows 10000 --rows 100000 --rows 1000000] [--rows 10000000] [--mode MODE]

Impressions of the simulated app store over eight days, through schema/appstore/pipeline.yaml to a pushed model, all
gates on, each size in a working directory of its own. Ten million rows take minutes on a fast machine, an hour on a
busy one, and 30 GB of disk. CPU and memory are those of the run's process and all its children, of which a page that
several share counts once; a step's are what was used between its start and its end. An exponent is the slope between
the two largest sizes on log axes: 1 is as fast as the rows. Of two sizes that Beam runs in two modes, the larger one
has more processes, whatever its rows: --mode multi_processing gives all sizes as many.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np

from benchmarks.harness import memory, subprocesses
from benchmarks.harness.figures import Figure, print_figures
from benchmarks.harness.usage import cpu_seconds
from widedeep.pipeline.datasets.appstore.store import Size, prepare

_DAYS = 8
_SECONDS = 0.5


class Sample(NamedTuple):
    """A look at a run: seconds since its start, CPU seconds so far, bytes of memory, and the steps shown as ended."""

    seconds: float
    cpu: float
    memory: int
    steps: int


class Usage(NamedTuple):
    """What a step used: seconds, CPU seconds, bytes of memory at most, and bytes of its artifacts."""

    seconds: float
    cpu: float
    memory: int
    written: int


@click.command()
@click.option("--rows", multiple=True, type=int, default=(10_000, 100_000, 1_000_000), show_default=True)
@click.option("--epochs", default=1, show_default=True, help="Of the training, so that all sizes have as many.")
@click.option("--mode", type=click.Choice(["auto", "in_memory", "multi_processing"]), default="auto", show_default=True)
def main(rows: Sequence[int], epochs: int, mode: str) -> None:
    """Runs and measures."""
    sizes = {}
    for number in sorted(rows):
        with tempfile.TemporaryDirectory() as name:
            sizes[number] = measure(Path(name), number, epochs, mode)
        click.echo(f"{number:,} rows: {sizes[number]}")
    print_figures(figures(sizes))


def measure(folder: Path, rows: int, epochs: int, mode: str) -> dict[str, Usage]:
    """What each step of one run used; the whole run as "run"."""
    prepare(folder / "data", Size(rows, _DAYS))
    settings = subprocesses.ROOT / "schema" / "appstore" / "pipeline.yaml"
    sets = (f"data.path={folder / 'data'}", f"training.epochs={epochs}", "training.patience=null", f"beam.mode={mode}")
    # What a model of few rows is worth is not asked here.
    loose = "evaluation={bounds: {auc: {at_least: 0.1}}, beat_base_rate: false}"
    flags = [word for each in (*sets, loose) for word in ("--set", each)]
    log, out = folder / "log.txt", folder / "run.json"
    process = subprocesses.start(
        "widedeep.pipeline.cli", "run", settings, "--workdir", folder / "work", *flags, "--json", out, log=log
    )
    samples = _samples(process, log)
    subprocesses.finish(process, log)
    return by_step(json.loads(out.read_text())["components"], samples, folder / "work" / "artifacts")


def _samples(process: subprocess.Popen[bytes], log: Path) -> list[Sample]:
    """What is seen of a run, until it ends."""
    samples, started = [], time.monotonic()
    while process.poll() is None:
        shown = log.read_text(errors="replace").count("✓")
        cpu, size = cpu_seconds(process.pid), memory.proportional(process.pid)
        samples.append(Sample(time.monotonic() - started, cpu, size, shown))
        time.sleep(_SECONDS)
    return samples


def by_step(components: Sequence[Mapping[str, Any]], samples: Sequence[Sample], artifacts: Path) -> dict[str, Usage]:
    """What each step used, and the whole run as "run".

    Args:
        components: those of run.json, whose times count from the first one's start.
        samples: of the run, in order; when the first step was shown to have ended says where its start lies among them.
        artifacts: the working directory's, a folder a step.
    """
    seconds = [sample.seconds for sample in samples]
    first = next(sample.seconds for sample in samples if sample.steps) - components[0]["seconds"]
    used = {}
    for step in components:
        start = first + step["started"]
        inside = [sample for sample in samples if start <= sample.seconds <= start + step["seconds"]]
        before, after = np.interp([start, start + step["seconds"]], seconds, [sample.cpu for sample in samples])
        used[step["id"]] = Usage(
            seconds=step["seconds"],
            cpu=float(after - before),
            memory=max((sample.memory for sample in inside), default=0),
            written=_size(artifacts / step["id"]),
        )
    used["run"] = Usage(
        seconds=seconds[-1],
        cpu=samples[-1].cpu,
        memory=max(sample.memory for sample in samples),
        written=_size(artifacts),
    )
    return used


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def figures(sizes: Mapping[int, Mapping[str, Usage]]) -> list[Figure]:
    """How fast each step's costs grow with the rows, in details; as figures the fastest of them.

    Args:
        sizes: by rows, what each step used.
    """
    details = {str(rows): {step: usage._asdict() for step, usage in used.items()} for rows, used in sizes.items()}
    largest = []
    for what, goal in (("cpu", "<= 1.05"), ("memory", "<= 0.5")):
        exponents = {
            step: exponent(list(sizes), [getattr(used[step], what) for used in sizes.values()])
            for step in next(iter(sizes.values()))
        }
        step = max(exponents, key=lambda each: exponents[each])
        growth = {"step": step, "exponents": exponents, "rows": details}
        largest.append(Figure(f"growth_{what}", exponents[step], "exponent of rows", goal, step, growth))
    return largest


def exponent(rows: Sequence[int], costs: Sequence[float]) -> float:
    """The exponent of the rows between the two largest sizes: smaller ones cost what a start does. 0 of no cost."""
    if len(rows) < 2 or min(costs[-2:]) <= 0:
        return 0.0
    return float(np.log(costs[-1] / costs[-2]) / np.log(rows[-1] / rows[-2]))


if __name__ == "__main__":
    main()
