"""Retraining on a new day starts where the last model stood."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from days import settled, trained
from harness import KEYS, Ran, latest
from sklearn.metrics import roc_auc_score

from benchmarks.harness.movielens_days import Days, write_day
from widedeep.components import features
from widedeep.components.trainer.model.heads import head
from widedeep.components.trainer.training.evaluation import evaluate
from widedeep.components.trainer.training.split_examples import SplitExamples
from widedeep.components.trainer.training.state import Training, load, new_training
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.components.trainer.vocabularies import vocabularies
from widedeep.components.trainer.warm_start.transfer import warm_start

Run = Callable[..., Ran]
# So few that a quarter of a cold start's steps is less than an epoch.
EPOCHS = "training.epochs=3"
# What was held out on the first day is known on the second.
TWO: Days = {
    1: {"train": (0, 64), "eval": (64, 72), "test": (72, 80)},
    2: {"train": (64, 80), "eval": (80, 90), "test": (90, 100)},
}


def records(examples: Path, split: str) -> Iterator[bytes]:
    for path in sorted((examples / f"Split-{split}").iterdir()):
        yield from tf.data.TFRecordDataset(str(path), "GZIP").as_numpy_iterator()


def auc_of_the_served(model: Path, examples: Path) -> float:
    """Of a model as it is served, on raw rows."""
    served = tf.saved_model.load(str(model / "Format-Serving")).signatures["serving_default"]
    raw = list(records(examples, "eval"))
    scores = [served(examples=tf.constant(raw[at : at + 2000]))["score"].numpy() for at in range(0, len(raw), 2000)]
    labels = [tf.train.Example.FromString(row).features.feature["label"].int64_list.value[0] for row in raw]
    return float(roc_auc_score(labels, np.concatenate(scores)))


class Retraining:
    """The second day's training by hand: the Trainer's steps, one at a time."""

    def __init__(self, workdir: Path, options: TrainingOptions) -> None:
        spec = features.load(workdir.parent / "features.yaml")
        graph = tft.TFTransformOutput(str(latest(workdir, "Transform", "transform_graph")))
        self.training: Training = new_training(spec, options, vocabularies(spec, graph))
        self._examples = latest(workdir, "Transform", "transformed_examples")
        [self._block] = self._source("train").blocks()
        self.steps = 0

    def _source(self, split: str) -> SplitExamples:
        return SplitExamples([f"{self._examples}/Split-{split}/*"], self.training.spec, self.training.layout)

    def auc(self) -> float:
        return evaluate(self.training.trainer, head(self.training.spec.label), self._source("eval"))["auc"]

    def epoch(self, number: int, steps: int | None = None) -> None:
        """An epoch, or its first steps, in the Trainer's order."""
        options = self.training.options
        order = np.random.default_rng([options.seed, number, 0]).permutation(self._block.examples)
        for batch in self._block.batches(options.batch_size, order).take(-1 if steps is None else steps):
            self.training.trainer.step(batch)
            self.steps += 1


def test_retraining_starts_where_the_last_model_stood(ratings: pa.Table, tmp_path: Path, run: Run) -> None:
    """On the new day, whose vocabulary is another, and goes beyond a cold start in a quarter of its steps."""
    days, workdir = settled(tmp_path, KEYS["movielens"]), tmp_path / "work"
    write_day(days.data, 1, TWO[1], ratings)
    assert run(days, workdir, EPOCHS).code == 0
    old = latest(workdir, "Trainer", "model")
    write_day(days.data, 2, TWO[2], ratings)
    assert run(days, workdir, EPOCHS).code in (0, 3)
    record = trained(workdir)
    assert record["base"]["model"] == str(old / "Format-Serving")
    known = next(said for said in record["base"]["not_taken"] if said.startswith("movie_id: "))
    assert "0 start fresh" not in known

    before = auc_of_the_served(old, latest(workdir, "ExampleGen", "examples"))
    start = record["base"]["quality"]["auc"]
    assert abs(start - before) <= 0.002

    options = load(str(old / "Format-Training")).options
    cold, warm = Retraining(workdir, options), Retraining(workdir, options)
    best = 0.0
    for epoch in range(1, options.epochs + 1):
        cold.epoch(epoch)
        best = max(best, cold.auc())
    warm_start(warm.training, load(str(old / "Format-Training")))
    assert warm.auc() == pytest.approx(start, abs=1e-6)
    warm.epoch(1, cold.steps // 4)
    assert warm.steps == cold.steps // 4
    assert warm.auc() >= best
    # Not only because it stood higher already: it learns from the new day, and what it learns stays.
    assert warm.auc() > start
    assert max(row["auc"] for row in record["curve"]) > best + 0.01
