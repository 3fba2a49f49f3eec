"""What a training step costs as the wide part grows: ours against Keras 3, Keras 2 and DeepCTR, in turn.

    python -m benchmarks run step_cost [--rounds 3]

Batches of 1,024 examples with 10 wide ids each. All have the same deep part, which does not grow, and take their
batches from memory. Each round runs each of them once, in a process of its own that goes through the sizes in turn.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
from pathlib import Path

import click

from benchmarks.harness import subprocesses
from benchmarks.harness.figures import Figure, print_figures
from benchmarks.harness.peer_environments import interpreter

SIZES = (10_000, 1_000_000, 10_000_000)
_GOAL = "<= 1.5"
_LOCK = Path(__file__).parent / "tf_estimator" / "requirements.lock"
_MODULES = {
    "ours": ("benchmarks.training.step.ours",),
    "Keras 3 Ftrl and Adagrad": ("benchmarks.training.step.keras_layers", "keras"),
    "tf_keras legacy Ftrl and Adagrad": ("benchmarks.training.step.keras_layers", "tf_keras"),
    "DeepCTR WDL": ("benchmarks.training.tf_estimator.step_deepctr",),
}


@click.command()
@click.option("--rounds", default=3, show_default=True, help="Processes of each.")
def main(rounds: int) -> None:
    """Times all in turn and compares the medians of all steps."""
    times: dict[str, dict[int, list[float]]] = {name: {size: [] for size in SIZES} for name in _MODULES}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, rounds + 1):
            for name in _MODULES:
                for size, milliseconds in _measured(name, Path(folder)).items():
                    times[name][size] += milliseconds
                click.echo(f"round {number}: {name}, median ms so far: {_medians(times[name])}", err=True)
    print_figures([figure(name, times) for name in _MODULES])


def _measured(name: str, folder: Path) -> dict[int, list[float]]:
    module, *first = _MODULES[name]
    python = {"python": interpreter(_LOCK)} if "tf_estimator" in module else {}
    out = folder / "out.json"
    subprocesses.run(module, *first, out, *SIZES, log=folder / "log.txt", **python)
    return {int(size): milliseconds for size, milliseconds in json.loads(out.read_text()).items()}


def _medians(times: dict[int, list[float]]) -> dict[int, float]:
    return {size: round(statistics.median(milliseconds), 2) for size, milliseconds in times.items()}


def figure(name: str, times: dict[str, dict[int, list[float]]]) -> Figure:
    """Median step at the largest size over that at the smallest, of `name`; the goal is for ours.

    Args:
        name: a model of `times`.
        times: milliseconds of each step, by model and size.
    """
    medians = _medians(times[name])
    details = {"milliseconds": medians, "steps": len(times[name][SIZES[0]]), "cpus": os.cpu_count()}
    others = ", ".join(other for other in times if other != name)
    goal = _GOAL if name == "ours" else None
    ratio = medians[SIZES[-1]] / medians[SIZES[0]]
    return Figure(f"step_time_1e7_over_1e4_buckets: {name}", ratio, "of the time", goal, others, details)


if __name__ == "__main__":
    main()
