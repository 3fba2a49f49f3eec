"""The trained wide table: FTRL's sums, from which its weights follow."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from widedeep.components.trainer.training_options import WideOptions

# TensorFlow's, and tf.estimator's, default: a larger one damps the first steps.
INITIAL_ACCUMULATOR = 0.1
# Rows whose weights are computed at once.
_CHUNK = 2**20


class FtrlTable(tf.Module):
    """FTRL-proximal of rows: w = 0 if |z| <= l1, else (sign(z) l1 - z) / (sqrt(n) / rate + 2 l2).

    n is the sum of squared gradients, z that of the gradients and of what the weights lost by n's growth (McMahan et
    al. 2013, algorithm 1). A weight follows from them and is not kept. The two lie side by side, as the complex number
    n + iz: of a large table each row is a wait for the memory, and so there is one of them and not three. What is kept
    are its 64 bits as an int64, since TensorFlow writes no rows of complex numbers on GPUs.
    """

    def __init__(self, rows: int, outputs: int, options: WideOptions) -> None:
        """Makes a table whose weights are 0, for the strategy in whose scope it is called.

        Args:
            rows: number of rows.
            outputs: weights of a row.
            options: the rate and the penalties.
        """
        super().__init__(name="wide")
        self._options = options
        start = _bits(tf.constant(INITIAL_ACCUMULATOR), tf.constant(0.0))
        self.variable = tf.Variable(tf.fill([rows, outputs], start), name="wide")
        #: None: a table is its own optimizer.
        self.slots: dict[str, tf.Variable] = {}

    @property
    def shape(self) -> tf.TensorShape:
        """[rows, outputs]."""
        return self.variable.shape

    def read(self, rows: tf.Tensor) -> tf.Tensor:
        """float32 [k, outputs]: the weights of `rows` [k]."""
        return self.weights(tf.gather(self.variable, rows))

    def weights(self, held: tf.Tensor) -> tf.Tensor:
        """float32 [k, outputs]: the weights that follow from what `variable` holds of k rows."""
        return _weights(*_parts(held), self._options)

    def sums(self) -> np.ndarray:
        """complex64 [rows, outputs]: n + iz of all rows."""
        sums: np.ndarray = self.variable.numpy().view(np.complex64)
        return sums

    def numpy(self) -> np.ndarray:
        """float32 [rows, outputs]: all weights."""
        rows, outputs = self.shape
        weights = np.empty([rows, outputs], np.float32)
        for start in range(0, rows, _CHUNK):
            weights[start : start + _CHUNK] = self.read(tf.range(start, min(start + _CHUNK, rows))).numpy()
        return weights

    def assign(self, weights: np.ndarray) -> None:
        """Makes the weights [rows, outputs] these: solves w(z) for z, as n is, at this table's rate and penalties.

        Any z up to l1 gives a weight of 0: there the nearest to what it was is kept.
        """
        sums, options = self.sums(), self._options
        at_zero = np.clip(sums.imag, -options.l1, options.l1)
        scale = np.sqrt(sums.real) / options.learning_rate + 2 * options.l2
        sums.imag = np.where(weights == 0, at_zero, -weights * scale - np.sign(weights) * options.l1)
        self.variable.assign(sums.view(np.int64))

    def refit(self, before: WideOptions) -> None:
        """Keeps the weights that its sums gave at another rate and other penalties."""
        self.assign(_weights(*_parts(self.variable), before).numpy())

    def apply_rows(
        self,
        gradient: tf.Tensor,
        rows: tf.Tensor,
        factor: tf.Tensor,  # noqa: ARG002
        held: tf.Tensor | None = None,
    ) -> None:
        """See Optimizer. The factor is not for FTRL: see Schedule."""
        n, z = _parts(tf.gather(self.variable, rows) if held is None else held)
        grown = n + tf.square(gradient)
        lost = (tf.sqrt(grown) - tf.sqrt(n)) / self._options.learning_rate * _weights(n, z, self._options)
        self.variable.scatter_update(tf.IndexedSlices(_bits(grown, z + gradient - lost), rows))


def _parts(bits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    sums = tf.bitcast(bits, tf.complex64)
    return tf.math.real(sums), tf.math.imag(sums)


def _bits(n: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
    return tf.bitcast(tf.complex(n, z), tf.int64)


def _weights(n: tf.Tensor, z: tf.Tensor, options: WideOptions) -> tf.Tensor:
    return (tf.clip_by_value(z, -options.l1, options.l1) - z) / (tf.sqrt(n) / options.learning_rate + 2 * options.l2)
