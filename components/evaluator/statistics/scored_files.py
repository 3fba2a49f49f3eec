"""Raw rows through the served signature of each model, file by file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import apache_beam as beam
import numpy as np
import tensorflow as tf
from apache_beam.utils.shared import Shared

from widedeep.components.evaluator.statistics.count_rows import Counted, CountRows
from widedeep.components.evaluator.tfma_config import SCORE_KEY, SIGNATURE

# Rows that a model scores at a time.
_BATCH_ROWS = 1024


class CountFiles(beam.DoFn):
    """What the rows of a file come to. A work item is a file: rows never travel through Beam one by one."""

    def __init__(self, models: Mapping[str, str], count: CountRows) -> None:
        """Takes the folders of the SavedModels by name."""
        super().__init__()
        self._models, self._count, self._shared = dict(models), count, Shared()

    def process(self, path: str) -> Iterator[Counted]:
        """Reads a gzipped TFRecord of raw tf.Examples."""
        models = self._shared.acquire(lambda: _Models(self._models))
        counted = self._count.nothing()
        for serialized in tf.data.TFRecordDataset(path, "GZIP").batch(_BATCH_ROWS).prefetch(1):
            counted = self._count.add(counted, serialized.numpy(), models.scores(serialized))
        yield counted


class _Models:
    """SavedModels, loaded once a process."""

    def __init__(self, folders: Mapping[str, str]) -> None:
        # A signature does not keep its model's variables alive.
        self._loaded = {name: tf.saved_model.load(folder) for name, folder in folders.items()}

    def scores(self, serialized: tf.Tensor) -> dict[str, np.ndarray]:
        """By model, what its served signature says of serialized tf.Examples: float32 [n] or [n, outputs]."""
        scores = {}
        for name, loaded in self._loaded.items():
            signature = loaded.signatures[SIGNATURE]
            [argument] = signature.structured_input_signature[1]
            scores[name] = signature(**{argument: serialized})[SCORE_KEY].numpy()
        return scores
