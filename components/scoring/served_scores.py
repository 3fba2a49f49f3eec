"""The scores of a pushed model: what its served signature says of rows, without a server."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Self

import numpy as np
import pyarrow as pa
import tensorflow as tf
from tfx_bsl.coders import example_coder

from widedeep.components.common.errors import ConfigError, reason

# What a server is asked for by rows as tf.Examples.
SIGNATURE, SCORE = "serving_default", "score"
# Of one call: in larger ones the crosses' ids outgrow a processor's cache (19,000 rows a second with 1,024 rows, 12,000
# with 8,192).
_CALL_ROWS = 1024


class ServedScores:
    """A model's served signature, which any number of threads may ask."""

    def __init__(self, folder: str, threads: int = 1) -> None:
        """Loads the model.

        Args:
            folder: of a pushed version.
            threads: that share each batch.

        Raises:
            ConfigError: it can't be loaded.
        """
        try:
            self._model = tf.saved_model.load(folder)
            self._signature = self._model.signatures[SIGNATURE]
        except (OSError, KeyError, ValueError, tf.errors.OpError) as error:
            raise ConfigError(f"{folder}: the model can't be loaded: {reason(error)}.") from None
        self._encoder = example_coder.RecordBatchToExamplesEncoder()
        self._threads = ThreadPoolExecutor(threads)

    @classmethod
    def on_all_cores(cls, folder: str) -> Self:
        """A model in the only process that scores."""
        return cls(folder, os.cpu_count() or 1)

    def of(self, batch: pa.RecordBatch) -> tuple[list[bytes], np.ndarray]:
        """The rows as tf.Examples, and their scores: float32 [n], [n, classes] of a label with classes.

        Args:
            batch: list columns, as tf.Examples hold them.
        """
        examples = self._encoder.encode(batch)
        calls = [examples[start : start + _CALL_ROWS] for start in range(0, len(examples), _CALL_ROWS)]
        # Without rows, too, the signature says how many numbers a score is.
        return examples, np.concatenate([*self._threads.map(self._scores, calls or [[]])])

    def _scores(self, examples: list[bytes]) -> np.ndarray:
        return np.asarray(self._signature(examples=tf.constant(examples, tf.string))[SCORE].numpy())
