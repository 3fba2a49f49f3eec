"""Raw rows through the served signature of each model, file by file, as extracts that TFMA's evaluators take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tensorflow_model_analysis as tfma
from apache_beam.utils.shared import Shared

from widedeep.components.common.served_models import served_model
from widedeep.components.evaluator.tfma_config import SCORE_KEY, SIGNATURE
from widedeep.components.examples.record_files import records

# Rows that a model scores at a time: of other numbers of rows the last digit of a score may be another.
_BATCH_ROWS = 1024
# Rows that are handed on at a time. What sums them up by slice costs a slice as much for a few rows as for hundreds.
_ELEMENT_ROWS = 8 * _BATCH_ROWS


class ScoreFiles(beam.DoFn):
    """The rows of whole files, in batches with their scores.

    TFMA's own extractors read rows one by one, make tensors of every feature, and take each batch apart again.
    """

    def __init__(self, models: Mapping[str, str]) -> None:
        """Takes the folders of the SavedModels by name."""
        super().__init__()
        self._folders, self._shared = dict(models), Shared()

    def process(self, path: str) -> Iterator[dict[str, Any]]:
        """Reads a gzipped TFRecord of raw tf.Examples: yields the serialized rows, and each model's scores."""
        models = self._shared.acquire(lambda: _Models(self._folders))
        for serialized in records(path).batch(_ELEMENT_ROWS).prefetch(1):
            yield {tfma.INPUT_KEY: serialized.numpy(), tfma.PREDICTIONS_KEY: models.scores(serialized)}


class _Models:
    """SavedModels, loaded once a process."""

    def __init__(self, folders: Mapping[str, str]) -> None:
        self._loaded = {name: served_model(folder) for name, folder in folders.items()}

    def scores(self, serialized: tf.Tensor) -> dict[str, dict[str, np.ndarray]]:
        """By model, what its served signature says of serialized tf.Examples: float32 [n] or [n, outputs]."""
        scores = {}
        for name, loaded in self._loaded.items():
            signature = loaded.signatures[SIGNATURE]
            [argument] = signature.structured_input_signature[1]
            parts = [
                signature(**{argument: serialized[start : start + _BATCH_ROWS]})[SCORE_KEY].numpy()
                for start in range(0, serialized.shape[0], _BATCH_ROWS)
            ]
            scores[name] = {SCORE_KEY: np.concatenate(parts)}
        return scores
