"""tf.estimator's side of benchmarks/training/estimator.py, run by the interpreter of its own environment.

    python -m benchmarks.training.tf_estimator.train SETTINGS.json

SETTINGS: data (folder of train, eval and test), declared (a features.yaml, read), epochs, batch_size, hidden, dropout,
linear and dnn (each optimizer's settings), seed, predict (which splits), out (folder for the answer).
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.training.tf_estimator.feature_columns import make_columns
from benchmarks.training.tf_estimator.rows import Moments, fill, read


def main() -> None:
    """Trains, predicts, and writes answer.json and SPLIT.npy (scores in the rows' order) to `out`."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    data, out = Path(settings["data"]), Path(settings["out"])
    columns, label = read(data / "train", settings["declared"])
    moments = fill(columns)
    with tempfile.TemporaryDirectory() as folder:
        estimator = _estimator(settings, moments, folder)
        clock = _Clock()
        estimator.train(lambda: _batches(columns, label, settings, settings["epochs"]), hooks=[clock])
        answer = {"trained_at": time.monotonic(), "seconds": clock.seconds, "examples": len(label) * settings["epochs"]}
        for split in settings["predict"]:
            np.save(out / f"{split}.npy", _scores(estimator, data / split, moments, settings))
    versions = {"tensorflow": tf.__version__, "python": sys.version.split()[0]}
    (out / "answer.json").write_text(json.dumps(answer | {"versions": versions}))


def _scores(estimator: Any, folder: Path, moments: dict[str, Moments], settings: dict[str, Any]) -> np.ndarray:
    columns, label = read(folder, settings["declared"])
    fill(columns, moments)
    scores = estimator.predict(lambda: _batches(columns, label, settings), ["logistic"])
    return np.array([score["logistic"][0] for score in scores])


def _estimator(settings: dict[str, Any], moments: dict[str, Moments], folder: str) -> Any:
    wide, deep = make_columns(settings["declared"], moments)
    legacy = tf.keras.optimizers.legacy
    return tf.estimator.DNNLinearCombinedClassifier(
        model_dir=folder,
        linear_feature_columns=wide,
        linear_optimizer=legacy.Ftrl(**settings["linear"]),
        dnn_feature_columns=deep,
        dnn_optimizer=legacy.Adagrad(**settings["dnn"]),
        dnn_hidden_units=settings["hidden"],
        dnn_dropout=settings["dropout"],
        # Checkpoints, logs and summaries at the start and the end alone: they are no part of what is measured.
        config=tf.estimator.RunConfig(
            tf_random_seed=settings["seed"],
            save_checkpoints_steps=10**9,
            save_summary_steps=10**9,
            log_step_count_steps=10**9,
        ),
    )


def _batches(
    columns: dict[str, np.ndarray], label: np.ndarray, settings: dict[str, Any], epochs: int | None = None
) -> tf.data.Dataset:
    """Batches, in a new order at each of `epochs`, or once as they lie.

    Batches are cut in NumPy: as fast a pass as with from_tensor_slices, which would put all rows into the graph, and
    whose checkpoints then write them as text for many seconds.
    """
    size = settings["batch_size"]

    def produce() -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
        random = np.random.default_rng(settings["seed"])
        for _ in range(epochs or 1):
            order = random.permutation(len(label)) if epochs else np.arange(len(label))
            for start in range(0, len(label), size):
                rows = order[start : start + size]
                yield {key: column[rows] for key, column in columns.items()}, label[rows]

    signature = {key: tf.TensorSpec([None, *column.shape[1:]], _type(column)) for key, column in columns.items()}
    data = tf.data.Dataset.from_generator(produce, output_signature=(signature, tf.TensorSpec([None], tf.int32)))
    return data.prefetch(tf.data.AUTOTUNE)


def _type(column: np.ndarray) -> tf.DType:
    return tf.float32 if column.dtype == np.float32 else tf.string


class _Clock(tf.compat.v1.train.SessionRunHook):
    """Seconds from the first step's start to the last step's end: no graph building, no checkpoints."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._start = 0.0

    def before_run(self, run_context: Any) -> None:  # noqa: ARG002  (TensorFlow names it)
        self._start = self._start or time.monotonic()

    def after_run(self, run_context: Any, run_values: Any) -> None:  # noqa: ARG002
        self.seconds = time.monotonic() - self._start


if __name__ == "__main__":
    main()
