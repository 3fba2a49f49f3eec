"""A model's served signature called in a plain loop over a Parquet file.

python -m benchmarks.pipelines.signature_loop work/movielens/models rows.parquet
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
from tfx_bsl.coders import example_coder

from widedeep.components.features.model_files import declaration
from widedeep.components.ingest.raw_files import read


def main() -> None:
    """Scores all rows, and prints how many there were."""
    version = str(max(Path(sys.argv[1]).glob("[0-9]*"), key=lambda path: int(path.name)))
    model = tf.saved_model.load(version)
    signature, encoder = model.signatures["serving_default"], example_coder.RecordBatchToExamplesEncoder()
    scores = [
        signature(examples=tf.constant(encoder.encode(batch), tf.string))["score"].numpy()
        for batch in read(sys.argv[2], "parquet", declaration(version), labelled=False)
    ]
    print(len(np.concatenate(scores)))


if __name__ == "__main__":
    main()
