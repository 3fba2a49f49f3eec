"""What a second worker brings on one machine, and costs: examples and CPU seconds, at equal batches of all together.

Trains on the transformed MovieLens examples of a run, with the settings of schema/movielens, in one process and in two,
in turn. Examples a second are those of the epochs after the first, which reads and traces. CPU seconds are the
difference of a long training and a short one: all else of both is the same.

    python -m benchmarks run workers [--workdir work/movielens] [--rounds 2]
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

from benchmarks.harness.figures import Figure, print_figures
from benchmarks.harness.subprocesses import ROOT
from widedeep.components import features
from widedeep.components.trainer.run import run_fn
from widedeep.pipeline.definition import config

BATCHES, WORKERS = (256, 4096), (1, 2)
SHORT, LONG = 2, 6
_PIPELINE = ROOT / "schema" / "movielens" / "pipeline.yaml"


@dataclass(frozen=True)
class Training:
    """A training's curve, and the CPU seconds of all its processes."""

    curve: list[dict[str, Any]]
    cpu: float


@click.command()
@click.option("--workdir", type=click.Path(path_type=Path), default=Path("work/movielens"), show_default=True)
@click.option("--rounds", default=2, show_default=True, help="Pairs of trainings of each kind.")
def main(workdir: Path, rounds: int) -> None:
    """Prints a line a pair of trainings, and two figures a batch size."""
    folders = sorted((workdir / "artifacts" / "Transform" / "transformed_examples").glob("*"))
    if not folders:
        raise click.ClickException(
            f"{workdir}: no transformed examples. Run: widedeep run schema/movielens/pipeline.yaml"
        )
    pairs: dict[tuple[int, int], list[tuple[Training, Training]]] = {}
    for _ in range(rounds):
        for batch in BATCHES:
            for workers in WORKERS:
                short, long = (_train(folders[-1], workers, batch // workers, epochs) for epochs in (SHORT, LONG))
                pairs.setdefault((batch, workers), []).append((short, long))
                told = f"{rate([(short, long)]):,.0f} examples/s, {cost([(short, long)]):.1f} s of CPU a million"
                click.echo(f"{workers} x {batch // workers}: {told}", err=True)
    print_figures([figure for batch in BATCHES for figure in figures(batch, pairs)])


def _train(examples: Path, workers: int, batch_size: int, epochs: int) -> Training:
    graph = examples.parents[1] / "transform_graph" / examples.name
    settings = config.load(_PIPELINE, ())
    options = settings.training.model_copy(
        update={"workers": workers, "batch_size": batch_size, "epochs": epochs, "patience": None}
    )
    before = _cpu()
    with tempfile.TemporaryDirectory() as folder:
        run_fn(
            SimpleNamespace(
                train_files=[f"{examples}/Split-train/*"],
                eval_files=[f"{examples}/Split-eval/*"],
                transform_output=str(graph),
                serving_model_dir=f"{folder}/model/serving",
                model_run_dir=f"{folder}/run",
                base_model=None,
                hyperparameters=None,
                custom_config={
                    "features": features.to_json(features.load(Path(settings.features))),
                    "training": options.model_dump_json(),
                },
            )
        )
        curve: list[dict[str, Any]] = json.loads(Path(folder, "run", "training.json").read_text())["curve"]
    return Training(curve, _cpu() - before)


def _cpu() -> float:
    """CPU seconds of this process, and of those that it has waited for."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def rate(pairs: list[tuple[Training, Training]]) -> float:
    """Examples a second: the median of the long trainings' epochs but the first."""
    epochs = [epoch for _, long in pairs for epoch in long.curve[1:]]
    return float(statistics.median(epoch["examples"] / epoch["seconds"] for epoch in epochs))


def cost(pairs: list[tuple[Training, Training]]) -> float:
    """CPU seconds for a million examples, the evaluation after each epoch included: the median of the pairs."""
    examples = [sum(epoch["examples"] for epoch in long.curve[SHORT:]) for _, long in pairs]
    seconds = [long.cpu - short.cpu for short, long in pairs]
    return float(statistics.median(1e6 * each / of for each, of in zip(seconds, examples, strict=True)))


def figures(batch: int, pairs: dict[tuple[int, int], list[tuple[Training, Training]]]) -> list[Figure]:
    """Two workers' rate, and cost, over those of one, at a batch of all together.

    Args:
        batch: examples a step, of all workers.
        pairs: short and long trainings, by batch and workers.
    """
    details = {
        "auc": {workers: pairs[batch, workers][0][1].curve[-1]["auc"] for workers in WORKERS},
        "cpus": len(os.sched_getaffinity(0)),
    }
    rates = {workers: rate(pairs[batch, workers]) for workers in WORKERS}
    costs = {workers: cost(pairs[batch, workers]) for workers in WORKERS}
    return [
        Figure(
            f"workers_{name}: batches of {batch}",
            values[2] / values[1],
            "of that of one worker, with two",
            None,
            "one worker",
            details | {name: values},
        )
        for name, values in (("examples_per_second", rates), ("cpu_seconds_per_million_examples", costs))
    ]


if __name__ == "__main__":
    main()
