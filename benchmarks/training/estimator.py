"""Our Trainer against tf.estimator.DNNLinearCombinedClassifier (TensorFlow 2.15, its last), in turn, on this machine.

    python -m benchmarks run estimator [--rounds 3] [--split random|time] [--rows N] [--batch-size 256]
                                       [--data data/movielens]

Both learn from the same rows of MovieLens-100K and one declaration, tf_estimator/features.yaml: the same hash buckets,
boundaries, crosses, embeddings, hidden layers, dropout, batch size and epochs, with Ftrl and Adagrad. Each side's rates
and penalties are its own, tuned on the eval split of the random split; ours are of gradients summed over a batch,
tf.estimator's of their mean. Each run is a new process that begins with raw rows in Parquet: ours runs ExampleGen,
Transform and the training, and looks at the eval split after every epoch; tf.estimator hashes and crosses within each
step, from rows that it keeps in memory.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow.parquet as pq
from sklearn import metrics

from benchmarks.harness import subprocesses
from benchmarks.harness.figures import Figure, print_figures
from benchmarks.harness.movielens_splits import at_random, movielens, repeated
from benchmarks.harness.peer_environments import interpreter
from widedeep.components.common.settings import read_yaml

_FOLDER = Path(__file__).parent / "tf_estimator"
_DECLARED = _FOLDER / "features.yaml"
_HIDDEN, _DROPOUT, _EPOCHS = (256, 128, 64), 0.2, 5
_OURS = {"wide": {"learning_rate": 0.05, "l1": 0.3, "l2": 10.0}, "deep": {"learning_rate": 0.03}}
_THEIRS = {
    "linear": {"learning_rate": 0.05, "l1_regularization_strength": 0.0, "l2_regularization_strength": 0.1},
    "dnn": {"learning_rate": 1.0},
}


@dataclass(frozen=True)
class Run:
    """One side's round.

    Attributes:
        examples_per_second: of the passes over the train split alone. Of ours the first one reads the split and builds
            the graph, too; tf.estimator's clock starts when both are done.
        later_passes: the same without the first pass.
        seconds: from the start of the process, with raw rows, to the trained model.
        auc: on the test split.
        logloss: on the test split.
        versions: of Python and TensorFlow.
        data_steps: of ours, the seconds of each step before the training.
    """

    examples_per_second: float
    later_passes: float
    seconds: float
    auc: float
    logloss: float
    versions: dict[str, str]
    data_steps: dict[str, float]


@click.command()
@click.option("--rounds", default=3, show_default=True, help="Runs of each, each with a seed of its own.")
@click.option("--split", type=click.Choice(["random", "time"]), default="random", show_default=True)
@click.option("--rows", type=int, help="Of the random split: all, and again with new users and movies (all, once).")
@click.option("--batch-size", default=256, show_default=True, help="Rates and penalties were tuned at 256.")
@click.option("--data", type=click.Path(path_type=Path), default=Path("data/movielens"), show_default=True)
def main(rounds: int, split: str, rows: int | None, batch_size: int, data: Path) -> None:
    """Trains both in turn and compares the medians."""
    python = interpreter(_FOLDER / "requirements.lock")
    ours: list[Run] = []
    theirs: list[Run] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        source = movielens(data).resolve()
        raw = source
        if split == "random":
            raw = repeated(source, home / "raw", rows) if rows else at_random(source, home / "raw")
        for seed in range(1, rounds + 1):
            ours.append(_ours(home, raw, batch_size, seed))
            click.echo(f"round {seed}: ours {_shown(ours[-1])}", err=True)
            theirs.append(_theirs(home, raw, batch_size, seed, python))
            click.echo(f"round {seed}: tf.estimator {_shown(theirs[-1])}", err=True)
    print_figures(figures(split, batch_size, ours, theirs))


def _shown(run: Run) -> str:
    return f"{run.examples_per_second:,.0f} examples/s, {run.seconds:.1f} s in all, AUC {run.auc:.4f}"


def _ours(home: Path, rows: Path, batch_size: int, seed: int) -> Run:
    deep = {"hidden": _HIDDEN, "dropout": _DROPOUT, **_OURS["deep"]}
    training: dict[str, Any] = {"epochs": _EPOCHS, "patience": None, "batch_size": batch_size, "seed": seed}
    training |= {"wide": _OURS["wide"], "deep": deep}
    given = {"data": str(rows), "features": str(_DECLARED), "training": training, "measure": ["test"]}
    answer, seconds = _answer("benchmarks.training.estimator_ours", given, home)
    quality = answer["quality"]["test"]
    passes = answer["passes"]
    return Run(
        rate(passes), rate(passes[1:]), seconds, quality["auc"], quality["logloss"], answer["versions"], answer["steps"]
    )


def rate(passes: list[dict[str, float]]) -> float:
    """Examples a second, of several passes' examples and seconds."""
    return sum(each["examples"] for each in passes) / sum(each["seconds"] for each in passes)


def _theirs(home: Path, rows: Path, batch_size: int, seed: int, python: Path) -> Run:
    declared = read_yaml(_DECLARED)
    given = {"data": str(rows), "declared": declared, "epochs": _EPOCHS, "batch_size": batch_size, "seed": seed}
    given |= {"hidden": _HIDDEN, "dropout": _DROPOUT, "predict": ["test"], **_THEIRS}
    answer, seconds = _answer("benchmarks.training.tf_estimator.train", given, home, python=python)
    label = pq.read_table(rows / "test", columns=["label"]).column("label").to_numpy()
    auc, logloss = quality_of(label, np.load(home / "test.npy"))
    passes = rate([answer])
    return Run(passes, passes, seconds, auc, logloss, answer["versions"], {})


def quality_of(label: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    """AUC and logloss of scores [n], as our own evaluation computes them."""
    return float(metrics.roc_auc_score(label, score)), float(metrics.log_loss(label, score))


def _answer(module: str, given: dict[str, Any], home: Path, **python: Path) -> tuple[dict[str, Any], float]:
    """What a new process writes to answer.json, and the seconds until its model was trained."""
    settings = home / "settings.json"
    settings.write_text(json.dumps(given | {"out": str(home)}))
    # Linux has one monotonic clock for all processes.
    started = time.monotonic()
    subprocesses.run(module, settings, log=home / "log.txt", **python)
    answer: dict[str, Any] = json.loads((home / "answer.json").read_text())
    return answer, answer["trained_at"] - started


def figures(split: str, batch_size: int, ours: list[Run], theirs: list[Run]) -> list[Figure]:
    """Speed, quality and whole time, round by round against each other; medians."""
    pairs = list(zip(ours, theirs, strict=True))
    details = {
        "ours": [asdict(run) for run in ours],
        "theirs": [asdict(run) for run in theirs],
        "settings": {
            "ours": _OURS,
            "theirs": _THEIRS,
            "epochs": _EPOCHS,
            "batch_size": batch_size,
            "dropout": _DROPOUT,
        },
        "tuned": "each side's rates and penalties on the random split's eval",
        "cpus": os.cpu_count(),
    }
    against = "tf.estimator.DNNLinearCombinedClassifier, same rows and features, in turn"
    speed = statistics.median(our.examples_per_second / their.examples_per_second for our, their in pairs)
    later = statistics.median(our.later_passes / their.later_passes for our, their in pairs)
    better = statistics.median(our.auc - their.auc for our, their in pairs)
    whole = statistics.median(their.seconds / our.seconds for our, their in pairs)
    of_theirs = "times tf.estimator's"
    return [
        Figure(f"estimator_{split}_examples_per_second", speed, of_theirs, ">= 2.5", against, details),
        Figure(f"estimator_{split}_examples_per_second_after_the_first_pass", later, of_theirs, ">= 2.5", against, {}),
        Figure(f"estimator_{split}_test_auc_difference", better, "auc, ours - theirs", ">= -0.002", against, details),
        Figure(f"estimator_{split}_raw_rows_to_model", whole, "times faster", ">= 1", against, {}),
    ]


if __name__ == "__main__":
    main()
