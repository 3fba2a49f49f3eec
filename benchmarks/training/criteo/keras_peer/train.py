"""Keras 3 on rows of Criteo's shape, run by the interpreter of its own environment.

    python -m benchmarks.training.criteo.keras_peer.train OUT.json

Embeddings of one width lie in one table; Adagrad, the paper's for the deep part, is of all, as `fit` has one optimizer.
"""

from __future__ import annotations

import keras  # type: ignore[import-untyped]
import numpy as np

from benchmarks.training.criteo.passes import measure
from benchmarks.training.criteo.rows import BATCH, BUCKETS, HIDDEN, NUMBERS, WIDTHS, Rows


def make() -> keras.Model:
    """The compiled model, of one output: the logit."""
    layers = keras.layers
    ids, numbers = keras.Input([len(WIDTHS)], dtype="int32"), keras.Input([NUMBERS])
    offsets = np.arange(len(WIDTHS), dtype=np.int32) * BUCKETS
    weights = layers.Embedding(len(WIDTHS) * BUCKETS, 1, embeddings_initializer="zeros")(ids + offsets)
    wide = keras.ops.sum(weights, axis=1)
    parts = [numbers]
    for width in sorted(set(WIDTHS)):
        columns = [number for number, of in enumerate(WIDTHS) if of == width]
        taken = keras.ops.take(ids, columns, axis=1) + offsets[: len(columns)]
        parts.append(layers.Flatten()(layers.Embedding(len(columns) * BUCKETS, width)(taken)))
    hidden = layers.Concatenate()(parts)
    for units in HIDDEN:
        hidden = layers.Dense(units, activation="relu")(hidden)
    model = keras.Model([ids, numbers], layers.Dense(1)(hidden) + wide)
    # Faster so: by itself Keras leaves XLA out where there is no GPU.
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adagrad(0.03), loss, jit_compile=True)
    return model


def main() -> None:
    """Trains with `fit`."""
    keras.utils.set_random_seed(1)
    model = make()

    def fit(rows: Rows) -> float:
        history = model.fit([rows.ids, rows.numbers], rows.label, BATCH, verbose=0)
        return float(history.history["loss"][0])

    measure(fit, keras.__version__)


if __name__ == "__main__":
    main()
