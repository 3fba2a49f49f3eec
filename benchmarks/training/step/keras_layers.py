"""The same joint step with Keras's own layers and optimizers, for benchmarks/training/step_cost.py.

    python -m benchmarks.training.step.keras_layers keras|tf_keras OUT.json BUCKETS...

`keras` is Keras 3; `tf_keras` is Keras 2 with its legacy optimizers, which have sparse updates.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import tensorflow as tf

from benchmarks.training.step.timing import EMBEDDING, HIDDEN, ITEMS, WIDE_IDS, Step, measure

_FTRL = {"learning_rate": 0.05, "l1_regularization_strength": 0.3, "l2_regularization_strength": 10.0}
_ADAGRAD = {"learning_rate": 0.03}


def make(keras: Any, buckets: int) -> Step:
    """FTRL on the wide embedding, Adagrad on the rest, from one gradient."""
    layers = keras.layers
    pairs, item = keras.Input([WIDE_IDS], dtype="int64"), keras.Input([1], dtype="int64")
    wide = layers.Embedding(buckets, 1, embeddings_initializer="zeros")
    hidden = layers.Flatten()(layers.Embedding(ITEMS, EMBEDDING)(item))
    for width in HIDDEN:
        hidden = layers.Dense(width, activation="relu")(hidden)
    summed = layers.Flatten()(layers.GlobalAveragePooling1D()(wide(pairs)))
    model = keras.Model([pairs, item], [summed, layers.Dense(1)(hidden)])
    wide_weights = wide.trainable_variables
    deep_weights = [
        weight for weight in model.trainable_variables if all(weight is not wide_weight for wide_weight in wide_weights)
    ]
    optimizers = keras.optimizers.legacy if keras.__name__ == "tf_keras" else keras.optimizers
    ftrl, adagrad = optimizers.Ftrl(**_FTRL), optimizers.Adagrad(**_ADAGRAD)
    if keras.__name__ == "keras":
        ftrl.build(wide_weights)
        adagrad.build(deep_weights)

    @tf.function
    def step(pairs: tf.Tensor, item: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            mean, deep = model([pairs, item[:, None]], training=True)
            logit = (mean * WIDE_IDS + deep)[:, 0]
            loss = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(label, logit))
        wide_gradients, deep_gradients = tape.gradient(loss, (wide_weights, deep_weights))
        ftrl.apply_gradients(zip(wide_gradients, wide_weights, strict=True))
        adagrad.apply_gradients(zip(deep_gradients, deep_weights, strict=True))
        return loss

    return lambda *batch: step(*map(tf.constant, batch)).numpy()


if __name__ == "__main__":
    kit = importlib.import_module(sys.argv.pop(1))
    measure(lambda buckets: make(kit, buckets))
