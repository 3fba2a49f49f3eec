"""How good the wide, the deep and the joint model are on the real data sets: means over several seeds.

    python -m benchmarks run quality [--seeds 5] [--only census]

Each is `widedeep ablate` on the data set's own pipeline.yaml; MovieLens also with all its rows split at random, as
the literature often does. The metrics are those of the test split.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks.harness import subprocesses
from benchmarks.harness.figures import Figure, print_figures
from benchmarks.harness.movielens_splits import SEED, at_random
from widedeep.pipeline import datasets

_METRICS = ("auc", "logloss", "accuracy")


@dataclass(frozen=True)
class Task:
    """A data set, how its rows are split, and what the joint model should reach."""

    schema: str
    split: str
    goals: dict[str, str]


TASKS = {
    "movielens": Task("movielens", "each user's last 10 % in time", {"auc": ">= 0.80"}),
    "movielens-random": Task("movielens", f"random 80/10/10, seed {SEED}", {"auc": ">= 0.80"}),
    "census": Task("census", "original", {"auc": ">= 0.922", "accuracy": ">= 0.857"}),
    "taxi": Task("taxi", "by hash", {"auc": ">= 0.955"}),
}


@click.command()
@click.option("--seeds", default=5, show_default=True, help="Each model is trained with seeds 1 to N.")
@click.option("--only", multiple=True, type=click.Choice(list(TASKS)), help="These data sets alone.")
def main(seeds: int, only: tuple[str, ...]) -> None:
    """Trains and measures."""
    figures = []
    for name in only or TASKS:
        with tempfile.TemporaryDirectory() as folder:
            rows = _ablated(TASKS[name], name, seeds, Path(folder))
        for row in rows:
            click.echo(f"{name} {row['model']}: {json.dumps(row)}", err=True)
        figures += figures_of(name, TASKS[name], rows, seeds)
    print_figures(figures)


def _ablated(task: Task, name: str, seeds: int, folder: Path) -> list[dict[str, Any]]:
    datasets.prepare(task.schema, folder / "data")
    data = folder / "data" if name == task.schema else at_random(folder / "data", folder / "random")
    settings = subprocesses.ROOT / "schema" / task.schema / "pipeline.yaml"
    out, log = folder / "rows.json", folder / "log.txt"
    flags = ("--workdir", folder / "work", "--set", f"data.path={data}", "--seeds", seeds, "--json", out)
    subprocesses.run("widedeep.pipeline.cli", "ablate", settings, *flags, log=log)
    rows: list[dict[str, Any]] = json.loads(out.read_text())["rows"]
    return rows


def figures_of(name: str, task: Task, rows: list[dict[str, Any]], seeds: int) -> list[Figure]:
    """The joint model's metrics, and what its AUC is above the better of its halves.

    Args:
        name: of the figures.
        task: the goals.
        rows: what `widedeep ablate` says, a row a model.
        seeds: how many each row is the mean of.
    """
    by_model = {row["model"]: row for row in rows}
    joint, halves = by_model["wide_deep"], [by_model["wide"], by_model["deep"]]
    figures = []
    for metric in _METRICS:
        details: dict[str, Any] = {"split": task.split, "seeds": seeds}
        details |= {model: {"mean": row[metric], "sd": row[f"{metric}_sd"]} for model, row in by_model.items()}
        goal = task.goals.get(metric)
        figures.append(Figure(f"{name}_{metric}", joint[metric], metric, goal, "wide, deep", details))
    gain = joint["auc"] - max(half["auc"] for half in halves)
    details = {model: row["auc"] for model, row in by_model.items()}
    return [*figures, Figure(f"{name}_joint_over_better_half", gain, "auc", ">= 0", "wide, deep", details)]


if __name__ == "__main__":
    main()
