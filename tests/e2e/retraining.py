"""A training by hand on the newest day of a run's window: the Trainer's steps, one at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from harness import latest
from sklearn.metrics import roc_auc_score

from widedeep.components import features
from widedeep.components.trainer.model.heads import head
from widedeep.components.trainer.reading.split_examples import SplitExamples
from widedeep.components.trainer.training.evaluation import evaluate
from widedeep.components.trainer.training.state import Training, new_training
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.components.trainer.vocabularies import vocabularies


class Retraining:
    """From scratch or, once it was started warm, from an earlier model; measured on the whole window's `eval`."""

    def __init__(self, workdir: Path, options: TrainingOptions) -> None:
        spec = features.load(workdir.parent / "features.yaml")
        graph = tft.TFTransformOutput(str(latest(workdir, "Transform", "transform_graph")))
        self.training: Training = new_training(spec, options, vocabularies(spec, graph))
        self._examples = latest(workdir, "Transform", "transformed_examples")
        # The newest day comes last.
        [self._block] = self._source("1/Split-train").blocks()
        self.steps = 0

    def _source(self, folders: str) -> SplitExamples:
        files = sorted(map(str, self._examples.glob(f"{folders}/*")))
        return SplitExamples(files, self.training.spec, self.training.layout)

    def auc(self) -> float:
        return evaluate(self.training.trainer, head(self.training.spec.label), self._source("*/Split-eval"))["auc"]

    def epoch(self, number: int, steps: int | None = None) -> None:
        """An epoch, or its first steps, in the Trainer's order."""
        options = self.training.options
        order = np.random.default_rng([options.seed, number, 0]).permutation(self._block.examples)
        for batch in self._block.batches(options.batch_size, order).take(-1 if steps is None else steps):
            self.training.trainer.step(batch)
            self.steps += 1


def auc_of_the_served(model: Path, workdir: Path) -> float:
    """Of a model as it is served, on the raw rows of every day's `eval`."""
    served = tf.saved_model.load(str(model / "Format-Serving")).signatures["serving_default"]
    files = sorted(map(str, (workdir / "artifacts" / "ExampleGen" / "examples").glob("*/Split-eval/*")))
    raw = list(tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator())
    scores = [served(examples=tf.constant(raw[at : at + 2000]))["score"].numpy() for at in range(0, len(raw), 2000)]
    labels = [tf.train.Example.FromString(row).features.feature["label"].int64_list.value[0] for row in raw]
    return float(roc_auc_score(labels, np.concatenate(scores)))
