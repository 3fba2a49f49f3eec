"""What TensorFlow's products of a model's hidden layers take by themselves: below that, no request can be."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

_WARM_UP = 10
_ROUND = 20


def cpu_milliseconds(rows: int, layers: Sequence[int], repeats: int) -> float:
    """Milliseconds of CPU of all layers after the first, in which candidates have nothing more in common.

    Args:
        rows: of the input.
        layers: widths of the hidden layers, each with a bias and ReLU.
        repeats: of all products.
    """
    random = np.random.default_rng(0)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        given, outputs = products(layers)
        session.run(tf.compat.v1.global_variables_initializer())
        run = session.make_callable(outputs, [given])
        # As many zeros as ReLU leaves.
        inputs = np.maximum(random.normal(size=[rows, layers[0]]), 0).astype(np.float32)
        for _ in range(_WARM_UP):
            run(inputs)
        return statistics.median(_spent(run, inputs) for _ in range(max(1, repeats // _ROUND)))


def products(layers: Sequence[int]) -> tuple[tf.Tensor, tf.Tensor]:
    """What is given, float32 [rows, first width], and the logits, [rows, 1], in the default graph.

    Args:
        layers: widths of the hidden layers.
    """
    random = np.random.default_rng(0)
    layer = given = tf.compat.v1.placeholder(tf.float32, [None, layers[0]])
    for number, shape in enumerate(itertools.pairwise([*layers, 1])):
        weights = tf.constant(random.normal(size=shape).astype(np.float32))
        kernel = tf.compat.v1.get_variable(f"kernel_{number}", initializer=weights, use_resource=True)
        layer = tf.nn.relu(tf.nn.bias_add(layer @ kernel, tf.zeros([shape[1]])))
    return given, layer


def _spent(run: Callable[[np.ndarray], object], inputs: np.ndarray) -> float:
    before = time.process_time()
    for _ in range(_ROUND):
        run(inputs)
    return 1000 * (time.process_time() - before) / _ROUND
