"""Scores the rows of a CSV file with a pushed model, without a server.

    python examples/batch_score.py work/movielens/models/1 rows.csv scores.csv

The file has the columns that the model's feature declaration names, in any order; it needs no label.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import tensorflow as tf

from widedeep.components import features
from widedeep.components.features.model_files import FEATURES
from widedeep.components.ingest import raw_files
from widedeep.components.ingest.example_shards import encode


def score(model: Path, source: Path, target: Path) -> int:
    """Writes a line for each row, its number from 1 and its score, and returns how many there are."""
    # What the model was trained on goes with it.
    spec = features.from_json((model / FEATURES).read_text(encoding="utf-8"))
    serve = tf.saved_model.load(str(model)).signatures["serving_default"]
    number = 0
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "score"])
        # Batches of at most 8,192 rows: memory does not grow with the file.
        for batch in raw_files.read(str(source), "csv", spec, labelled=False):
            scores = serve(examples=tf.constant(list(encode(batch))))["score"]
            writer.writerows(enumerate(scores.numpy().tolist(), number + 1))
            number += len(scores)
    return number


if __name__ == "__main__":
    rows = score(*map(Path, sys.argv[1:]))
    print(f"{rows:,} rows scored")
