"""Whether the last blessed model can still be asked: data and declaration may have changed since it was trained."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from widedeep.components.common.errors import reason
from widedeep.components.common.served_models import served_model
from widedeep.components.evaluator.tfma_config import SCORE_KEY, SIGNATURE
from widedeep.components.examples.record_files import records

# A column that is gone, or of another type, fails at the first row that has, or lacks, it.
TRIED_ROWS = 100
# How lines of TensorFlow's errors start that say where something is wrong, and not what.
_WHERE = ("Graph execution error", "Detected at node", "<stack traces", "File ", "[[")


def why_not(model: str, files: list[str]) -> str | None:
    """Asks a model for the scores of some raw examples; None where it gives a number for each.

    Args:
        model: folder of the SavedModel.
        files: gzipped TFRecords of raw tf.Examples.

    Returns:
        What is wrong, for people.
    """
    rows = list(itertools.islice(_records(files), TRIED_ROWS))
    try:
        loaded = served_model(model)
        signature = loaded.signatures[SIGNATURE]
        [name] = signature.structured_input_signature[1]
        scores = signature(**{name: tf.constant(rows)})[SCORE_KEY].numpy()
    # TensorFlow raises whatever the model's own operations do.
    except Exception as error:
        return _first_line(error)
    if scores.shape[:1] != (len(rows),) or not np.isfinite(scores).all():
        return f"of {len(rows)} rows some have a score that is no number"
    return None


def _records(files: list[str]) -> Iterator[bytes]:
    return (record.numpy() for record in records(files))


def _first_line(error: Exception) -> str:
    """What is wrong, without where in the graph it is."""
    lines = [line.strip() for line in str(error).splitlines()]
    lines = [line for line in lines if line and not line.startswith(_WHERE)]
    return reason(lines[0].removeprefix("Name: <unknown>, ")) if lines else type(error).__name__
