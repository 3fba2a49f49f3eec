"""SavedModels that several steps of a run ask: each is loaded once a process, which takes a second."""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from typing import Any

import tensorflow as tf

# A candidate and its baseline.
_KEPT = 2
_lock = threading.Lock()


def served_model(folder: str) -> Any:
    """The loaded model of a folder, to be asked alone; anew where the folder holds another one than before.

    Whoever keeps a signature keeps the model too: a signature does not keep its variables alive.
    """
    try:
        stat = tf.io.gfile.stat(os.path.join(folder, tf.saved_model.SAVED_MODEL_FILENAME_PB))
    except tf.errors.NotFoundError:
        # It says what is missing.
        return tf.saved_model.load(folder)
    # Beam's threads may ask at once.
    with _lock:
        return _loaded(folder, stat.length, stat.mtime_nsec)


@lru_cache(maxsize=_KEPT)
def _loaded(folder: str, length: int, changed: int) -> Any:  # noqa: ARG001
    return tf.saved_model.load(folder)
