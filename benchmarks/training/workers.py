"""What a second worker brings on one machine: examples a second of whole trainings, at equal batches of all together.

Trains on the transformed MovieLens examples of a run, with the settings of schema/movielens, in one process and in
several, in turn. The first epoch, which reads and traces, is left out.

    python -m benchmarks run workers [--workdir work/movielens] [--rounds 2]
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

from benchmarks.harness.figures import Figure, print_figures
from benchmarks.harness.subprocesses import ROOT
from widedeep.components import features
from widedeep.components.trainer.run import run_fn
from widedeep.pipeline.definition import config

BATCHES, WORKERS, EPOCHS = (256, 4096), (1, 2), 4
_PIPELINE = ROOT / "schema" / "movielens" / "pipeline.yaml"


@click.command()
@click.option("--workdir", type=click.Path(path_type=Path), default=Path("work/movielens"), show_default=True)
@click.option("--rounds", default=2, show_default=True, help="Trainings of each kind.")
def main(workdir: Path, rounds: int) -> None:
    """Prints a line a training, and a figure a batch size."""
    folders = sorted((workdir / "artifacts" / "Transform" / "transformed_examples").glob("*"))
    if not folders:
        raise click.ClickException(
            f"{workdir}: no transformed examples. Run: widedeep run schema/movielens/pipeline.yaml"
        )
    curves: dict[tuple[int, int], list[Any]] = {}
    for _ in range(rounds):
        for batch in BATCHES:
            for workers in WORKERS:
                curve = _train(folders[-1], workers, batch // workers)
                curves.setdefault((batch, workers), []).append(curve)
                click.echo(f"{workers} x {batch // workers}: {round(rate([curve])):,} examples/s", err=True)
    print_figures([figure(batch, curves) for batch in BATCHES])


def _train(examples: Path, workers: int, batch_size: int) -> list[dict[str, Any]]:
    """The curve."""
    graph = examples.parents[1] / "transform_graph" / examples.name
    settings = config.load(_PIPELINE, ())
    options = settings.training.model_copy(
        update={"workers": workers, "batch_size": batch_size, "epochs": EPOCHS, "patience": None}
    )
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
    return curve


def rate(curves: list[Any]) -> float:
    """Examples a second: the median of all epochs but each training's first."""
    return float(statistics.median(epoch["examples"] / epoch["seconds"] for curve in curves for epoch in curve[1:]))


def figure(batch: int, curves: dict[tuple[int, int], list[Any]]) -> Figure:
    """Several workers' rate over that of one, at a batch of all together.

    Args:
        batch: examples a step, of all workers.
        curves: of each training, by batch and workers.
    """
    rates = {workers: rate(curves[batch, workers]) for workers in WORKERS}
    return Figure(
        name=f"workers_examples_per_second: batches of {batch}",
        value=rates[WORKERS[-1]] / rates[1],
        unit=f"of the rate of one, with {WORKERS[-1]} workers",
        goal=None,
        against="one worker",
        details={
            "examples_per_second": rates,
            "auc": {workers: curves[batch, workers][0][-1]["auc"] for workers in WORKERS},
            "cpus": len(os.sched_getaffinity(0)),
        },
    )


if __name__ == "__main__":
    main()
