"""The wide table without its zero rows: what FTRL's L1 leaves is mostly zeros."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

_WORD = 32
# Below it a whole table is read faster, by one gather instead of three: it lies in a processor's cache.
_SMALL_BYTES = 16 * 2**20


class PrunedTable(tf.Module):
    """Non-zero rows, found by a bit for each row and the number of rows before each word of 32 (Jacobson 1989).

    A lookup costs two gathers whatever the table's size, and a row without weights a quarter of a byte.
    """

    def __init__(self, weights: np.ndarray) -> None:
        """Prunes weights, float32 [rows, width]."""
        super().__init__()
        nonzero = np.any(weights != 0, axis=1)
        bits = np.zeros(-(-len(nonzero) // _WORD) * _WORD, bool)
        bits[: len(nonzero)] = nonzero
        words = np.packbits(bits.reshape(-1, _WORD), axis=1, bitorder="little").view(np.uint32)[:, 0]
        counts = bits.reshape(-1, _WORD).sum(axis=1)
        self.bits = tf.Variable(words.view(np.int32), trainable=False, name="bits")
        self.before = tf.Variable((np.cumsum(counts) - counts).astype(np.int32), trainable=False, name="before")
        # The last row is what all others read.
        nonzero_weights = np.concatenate([weights[nonzero], np.zeros([1, weights.shape[1]], np.float32)])
        self.weights = tf.Variable(nonzero_weights, trainable=False, name="weights")

    @staticmethod
    def pays(weights: np.ndarray) -> bool:
        """Whether the whole table is large, and the pruned one smaller."""
        rows, width = weights.shape
        if weights.nbytes < _SMALL_BYTES:
            return False
        nonzero = np.count_nonzero(np.any(weights != 0, axis=1)) + 1
        return bool(rows * 2 / _WORD + nonzero * width < rows * width)

    def read(self, rows: tf.Tensor) -> tf.Tensor:
        """float32 [n, width]: the rows [n], as int32, of the whole table."""
        word = tf.gather(self.bits, rows // _WORD)
        bit = rows % _WORD
        below = tf.bitwise.bitwise_and(word, tf.bitwise.left_shift(tf.ones_like(bit), bit) - 1)
        rank = tf.gather(self.before, rows // _WORD) + tf.cast(tf.raw_ops.PopulationCount(x=below), tf.int32)
        nonzero = tf.bitwise.bitwise_and(tf.bitwise.right_shift(word, bit), 1) == 1
        return tf.gather(self.weights, tf.where(nonzero, rank, tf.shape(self.weights)[0] - 1))
