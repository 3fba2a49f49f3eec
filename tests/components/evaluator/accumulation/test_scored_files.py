"""How many rows are in memory at a time: what a model scores at once, and what is handed on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_model_analysis as tfma

from widedeep.components.evaluator.accumulation.scored_files import ScoreFiles

ROWS = 9000


class _Counting(tf.Module):  # type: ignore[misc]
    """A model whose score is the number of rows that it is asked for at once."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples: Any) -> dict[str, Any]:
        return {"score": tf.fill(tf.shape(examples), tf.cast(tf.size(examples), tf.float32))}


def test_a_file_is_scored_and_handed_on_in_pieces(tmp_path: Path) -> None:
    """The models in 1,024 rows; what sums up by slice, and costs by the piece, gets 8,192."""
    module, path = _Counting(), str(tmp_path / "rows.gz")
    tf.saved_model.save(module, str(tmp_path / "model"), signatures={"serving_default": module.serve})
    rows = [f"row {number}".encode() for number in range(ROWS)]
    with tf.io.TFRecordWriter(path, "GZIP") as writer:
        for row in rows:
            writer.write(row)
    elements = list(ScoreFiles({"candidate": str(tmp_path / "model")}).process(path))
    assert [element[tfma.INPUT_KEY].size for element in elements] == [8192, 808]
    assert np.concatenate([element[tfma.INPUT_KEY] for element in elements]).tolist() == rows
    scores = [element[tfma.PREDICTIONS_KEY]["candidate"]["score"].tolist() for element in elements]
    assert scores == [[1024] * 8192, [808] * 808]
