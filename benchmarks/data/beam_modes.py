"""Beam in this process against a process a core: from which input size on do workers pay for their start-up?

    python -m benchmarks run beam_modes [--copies 1 --copies 4 --copies 16]

The input is MovieLens-100K's train split, one Parquet file a copy; timed are the data steps of whole runs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from benchmarks.harness.figures import Figure, print_figures
from benchmarks.harness.subprocesses import ROOT
from widedeep.pipeline import datasets

_STEPS = ("ExampleGen", "StatisticsGen", "Transform", "Evaluator")
_MODES = ("in_memory", "multi_processing")


@click.command()
@click.option("--copies", multiple=True, type=int, default=(1, 4, 16), show_default=True, help="Copies of the data.")
def main(copies: tuple[int, ...]) -> None:
    """Runs the pipeline in both modes, in turn, for each size."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        datasets.prepare("movielens", home / "data")
        source = home / "data" / "train" / "data.parquet"
        for count in copies:
            for number in range(count):
                target = source.with_name(f"copy-{number:03d}.parquet")
                if not target.exists():
                    shutil.copy(source, target)
            seconds = {mode: _run(home, mode) for mode in _MODES}
            total = sum(path.stat().st_size for path in (home / "data").rglob("*.parquet"))
            details = {
                "megabytes": round(total / 1e6, 1),
                "rows": (count + 1) * 80_000,
                "cpus": os.cpu_count(),
                **seconds,
            }
            ratio = sum(seconds["multi_processing"].values()) / sum(seconds["in_memory"].values())
            name = f"multi_processing_over_in_memory_{count + 1}_files"
            figures.append(Figure(name, ratio, "of in_memory's time", None, "in_memory, in turn", details))
            click.echo(f"{details['megabytes']} MB: ratio {ratio:.2f} {seconds}", err=True)
    print_figures(figures)


def _run(home: Path, mode: str) -> dict[str, float]:
    """Seconds of each data step."""
    workdir, result = home / "work", home / "result.json"
    shutil.rmtree(workdir, ignore_errors=True)
    settings = ROOT / "schema" / "movielens" / "pipeline.yaml"
    sets = (f"data.path={home / 'data'}", f"beam.mode={mode}", "training.epochs=1", "training.batch_size=4096")
    command = [sys.executable, "-m", "widedeep.pipeline.cli", "run", str(settings), "--workdir", str(workdir)]
    command += ["--json", str(result), *(flag for setting in sets for flag in ("--set", setting))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)} exited with {done.returncode}:\n{done.stderr[-3000:]}")
    components = json.loads(result.read_text())["components"]
    return {node["id"]: node["seconds"] for node in components if node["id"] in _STEPS}


if __name__ == "__main__":
    main()
