"""Numeric features: scaled values for the deep model, bucket ids for the wide model and the crosses."""

from __future__ import annotations

import tensorflow as tf
import tensorflow_transform as tft

from components.features.spec import Feature


def dense(raw: tf.SparseTensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The values of shape [batch] (0 where missing) and whether each is present."""
    rows = raw.indices[:, 0]
    batch = raw.dense_shape[0]
    values = tf.scatter_nd(rows[:, None], raw.values, [batch])
    present = tf.scatter_nd(rows[:, None], tf.ones_like(rows), [batch]) > 0
    return values, present


class Numeric:
    """One numeric feature under its transforms.

    Analyzers see the present values alone.
    """

    def __init__(self, feature: Feature, raw: tf.SparseTensor) -> None:
        self._feature = feature
        self._raw = raw
        self._values, self.present = dense(raw)
        self._quantiles: tf.Tensor | None = None
        if feature.transform.quantile_cdf:
            self._quantiles = tft.quantiles(
                raw.values, feature.transform.quantile_cdf.quantiles, epsilon=0.001, name=feature.key
            )

    def scaled(self) -> tf.Tensor:
        """float32 [batch]: the value for the deep model, 0 where missing."""
        transform = self._feature.transform
        if transform.quantile_cdf:
            assert self._quantiles is not None
            # The paper's (i-1)/(n-1); fewer boundaries come back where values repeat, and n stays as declared.
            index = tf.cast(_bucket(self._values, self._quantiles), tf.float32)
            scaled = index / float(transform.quantile_cdf.quantiles - 1)
        else:
            values, sample = self._values, self._raw.values
            if transform.log:
                values, sample = _signed_log(values), _signed_log(sample)
            mean, variance = tft.mean(sample), tft.var(sample)
            spread = tf.where(variance > 0, tf.sqrt(variance), tf.ones_like(variance))
            scaled = (values - mean) / spread
        return tf.where(self.present, scaled, tf.zeros_like(scaled))

    def buckets(self) -> tf.Tensor:
        """int64 [batch]: the bucket's index, undefined where missing."""
        given = self._feature.transform.buckets
        if given:
            return _bucket(self._values, tf.constant(given.boundaries, tf.float32))
        assert self._quantiles is not None
        return _bucket(self._values, self._quantiles)


def _bucket(values: tf.Tensor, boundaries: tf.Tensor) -> tf.Tensor:
    return tf.searchsorted(tf.reshape(boundaries, [-1]), values, side="right", out_type=tf.int64)


def _signed_log(values: tf.Tensor) -> tf.Tensor:
    return tf.sign(values) * tf.math.log1p(tf.abs(values))
