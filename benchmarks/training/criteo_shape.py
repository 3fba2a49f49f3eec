"""A wide-and-deep model in the shape of DeepRec's on Criteo's log: ours beside DeepCTR, Keras 3 and PyTorch, in turn.

    python -m benchmarks run criteo_shape [--rounds 3]

All learn from the same generated rows, 102,400 of 26 ids and 13 numbers, in batches of 512 (see criteo/rows.py), and
have the same parts: a weight of each id, embeddings 64 or 128 wide, layers of 1024, 512 and 256, one loss. Ours has the
Trainer's defaults, FTRL for the wide part and AdaGrad for the deep one, and beside each number a flag of whether it is
missing; the others have AdaGrad for all. Each takes its rows from memory, on all cores, in a process of its own, which
goes over some rows first, then over all of them once: that pass is timed. DeepRec's published rates, on four cores of
3.3 GHz: 2,200 examples a second a core by TensorFlow 1.15, 4,100 by DeepRec, 5,700 by DeepRec in bfloat16. Where the
processor has products in bfloat16, ours is trained by `deep.precision: bfloat16`, too.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from benchmarks.harness import subprocesses
from benchmarks.harness.figures import Figure, print_figures
from benchmarks.harness.peer_environments import interpreter
from widedeep.components.trainer.model.precision import multiplies_bfloat16

_OURS, _NARROW = "ours", "ours in bfloat16"
_FOLDER = Path(__file__).parent
# Modules, and the folders of their environments' locks.
_TRAINERS = {
    _OURS: ("benchmarks.training.criteo.ours", None),
    "DeepCTR WDL": ("benchmarks.training.tf_estimator.criteo_deepctr", "tf_estimator"),
    "Keras 3": ("benchmarks.training.criteo.keras_peer.train", "criteo/keras_peer"),
    "PyTorch": ("benchmarks.training.criteo.torch_peer.train", "criteo/torch_peer"),
}
# What DeepRec's own table has for its model in fp32, and in bfloat16.
_GOALS = {_OURS: ">= 4100", _NARROW: ">= 5700"}


@dataclass(frozen=True)
class Pass:
    """What `passes.measure` tells of one process."""

    examples: int
    wall: float
    cpu: float
    peak: int
    files: int
    loss: float
    version: str

    def by_cpu(self) -> float:
        """Examples for each second of a core's time that was used."""
        return self.examples / self.cpu

    def by_wall(self) -> float:
        """Examples a second for each core of the machine, used or not."""
        return self.examples / self.wall / len(os.sched_getaffinity(0))

    def memory(self) -> float:
        """MiB at most, pages of files left out: how large a library's file is says little of a training."""
        return (self.peak - self.files) / 2**20


@click.command()
@click.option("--rounds", default=3, show_default=True, help="Processes of each.")
def main(rounds: int) -> None:
    """Trains all in turn and compares their medians."""
    trainers = _TRAINERS | ({_NARROW: _TRAINERS[_OURS]} if multiplies_bfloat16() else {})
    passes: dict[str, list[Pass]] = {name: [] for name in trainers}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, rounds + 1):
            for name, (module, lock) in trainers.items():
                precision = ("bfloat16",) if name == _NARROW else ()
                passes[name].append(_passed(module, lock, Path(folder), *precision))
                done = passes[name][-1]
                told = f"{done.by_cpu():,.0f} by CPU time, {done.by_wall():,.0f} by wall time, {done.memory():,.0f} MiB"
                click.echo(f"round {number}: {name}, examples a second a core {told}", err=True)
    print_figures(figures(passes))


def _passed(module: str, lock: str | None, folder: Path, *arguments: str) -> Pass:
    python = {"python": interpreter(_FOLDER / lock / "requirements.lock")} if lock else {}
    out = folder / "out.json"
    subprocesses.run(module, out, *arguments, log=folder / "log.txt", **python)
    return Pass(**json.loads(out.read_text()))


def figures(passes: Mapping[str, Sequence[Pass]]) -> list[Figure]:
    """The rate of each by CPU time, and ours against the best of the others in each round.

    Args:
        passes: of each trainer, one a round.
    """
    rates = [
        Figure(
            f"criteo_shape_examples_per_cpu_second: {name}",
            statistics.median(each.by_cpu() for each in of_trainer),
            "examples",
            _GOALS.get(name),
            ", ".join(other for other in passes if other != name),
            _details(of_trainer),
        )
        for name, of_trainer in passes.items()
    ]
    return [
        *rates,
        _compared("criteo_shape_rate_by_cpu_time", "times the fastest other's", ">= 1", passes, Pass.by_cpu, max),
        _compared("criteo_shape_rate_by_wall_time", "times the fastest other's", ">= 1", passes, Pass.by_wall, max),
        _compared("criteo_shape_peak_memory", "of the smallest other's", "<= 1", passes, Pass.memory, min),
    ]


def _details(passes: Sequence[Pass]) -> dict[str, object]:
    medians = {
        "by_cpu": statistics.median(each.by_cpu() for each in passes),
        "by_wall": statistics.median(each.by_wall() for each in passes),
        "memory": statistics.median(each.memory() for each in passes),
        "loss": statistics.median(each.loss for each in passes),
    }
    return medians | {"version": passes[0].version, "passes": [asdict(each) for each in passes]}


def _compared(
    name: str,
    unit: str,
    goal: str,
    passes: Mapping[str, Sequence[Pass]],
    value: Callable[[Pass], float],
    best: Callable[[list[float]], float],
) -> Figure:
    names = [name for name in passes if name not in _GOALS]
    others = [passes[name] for name in names]
    ratios = [
        value(ours) / best([value(other) for other in of_round])
        for ours, *of_round in zip(passes[_OURS], *others, strict=True)
    ]
    return Figure(name, statistics.median(ratios), unit, goal, ", ".join(names), {"rounds": ratios})


if __name__ == "__main__":
    main()
