"""Numeric features: scaled values for the deep model, bucket ids for the wide model and the crosses.

Analyzers run on many features at a time: what a Transform of moderate data costs is Beam steps, and a step serves
a matrix as well as a column. They leave NaN out, so a missing value is NaN here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import tensorflow as tf
import tensorflow_transform as tft

from widedeep.components.features.spec import Feature


class Numerics:
    """All numeric features of a batch under their transforms."""

    def __init__(self, features: Sequence[Feature], values: Mapping[str, tf.Tensor]) -> None:
        """Takes them.

        Args:
            features: numeric ones.
            values: of each, float32 [batch], float64 of a 64-bit number: NaN where there is none.
        """
        self._values = values
        self._quantiles = self._quantile_indices(features)
        self._standardised = self._z_scores(features)

    def present(self, feature: Feature) -> tf.Tensor:
        """Bool [batch]."""
        return ~tf.math.is_nan(self._values[feature.key])

    def scaled(self, feature: Feature) -> tf.Tensor:
        """float32 [batch]: the value for the deep model, 0 where missing."""
        quantile_cdf = feature.transform.quantile_cdf
        if quantile_cdf:
            # The paper's (i-1)/(n-1), n as declared even where repeated values make quantiles equal.
            scaled = tf.cast(self._quantiles[feature.key], tf.float32) / float(quantile_cdf.quantiles - 1)
        else:
            scaled = self._standardised[feature.key]
        return tf.where(self.present(feature), scaled, tf.zeros_like(scaled))

    def buckets(self, feature: Feature) -> tf.Tensor:
        """int64 [batch]: the bucket's index, undefined where missing."""
        declared = feature.transform.buckets
        if declared:
            boundaries = tf.constant(declared.boundaries, self._values[feature.key].dtype)
            return tf.searchsorted(boundaries, self._values[feature.key], side="right", out_type=tf.int64)
        return self._quantiles[feature.key]

    def _quantile_indices(self, features: Sequence[Feature]) -> dict[str, tf.Tensor]:
        """i-1 for the i-th of a feature's n quantiles, int64 [batch]; one analyzer for each n.

        TFT's quantiles are of 32 bits. Those of 64-bit numbers are learned of the distances from their median, which
        takes one more pass over the data.
        """
        groups: dict[tuple[int, int], list[Feature]] = defaultdict(list)
        for feature in features:
            if feature.transform.quantile_cdf:
                groups[feature.transform.quantile_cdf.quantiles, feature.bits].append(feature)
        indices_of_features: dict[str, tf.Tensor] = {}
        for (quantiles, bits), members in groups.items():
            matrix = tf.stack([self._values[feature.key] for feature in members])
            if bits == 64:
                median = tf.cast(_quantiles(matrix, 2, f"median_{quantiles}"), tf.float64)
                distances = tf.cast(matrix - median, tf.float32)
                boundaries = tf.cast(_quantiles(distances, quantiles, f"quantiles_{quantiles}_64"), tf.float64) + median
            else:
                boundaries = _quantiles(matrix, quantiles, f"quantiles_{quantiles}")
            indices = tf.searchsorted(boundaries, matrix, side="right", out_type=tf.int64)
            indices_of_features.update(zip((feature.key for feature in members), tf.unstack(indices), strict=True))
        return indices_of_features

    def _z_scores(self, features: Sequence[Feature]) -> dict[str, tf.Tensor]:
        """(value - mean) / standard deviation (1 for a constant), float32 [batch]; one analyzer for all.

        In 64 bits up to the end: in 32, the square of 1e20 is infinite, and sums of many or large numbers are rough.
        """
        members = [feature for feature in features if feature.transform.z_score or feature.transform.log]
        if not members:
            return {}
        matrix = tf.stack(
            [_log(feature, tf.cast(self._values[feature.key], tf.float64)) for feature in members], axis=1
        )
        mean = tft.mean(matrix, reduce_instance_dims=False, name="mean")
        variance = tft.var(matrix, reduce_instance_dims=False, name="variance")
        scores = (matrix - mean) / tf.where(variance > 0, tf.sqrt(variance), tf.ones_like(variance))
        # A feature without any value has no mean: what comes later says nothing to a model that never saw one.
        scores = tf.cast(tf.where(tf.math.is_nan(mean), tf.zeros_like(scores), scores), tf.float32)
        return dict(zip((feature.key for feature in members), tf.unstack(scores, axis=1), strict=True))


def _quantiles(matrix: tf.Tensor, quantiles: int, name: str) -> tf.Tensor:
    """The boundaries of each row's quantiles, float32 [rows, quantiles - 1]."""
    columns = tf.transpose(matrix)
    boundaries = tft.quantiles(columns, quantiles, epsilon=0.001, reduce_instance_dims=False, name=name)
    return tf.reshape(boundaries, [matrix.shape[0], quantiles - 1])


def _log(feature: Feature, values: tf.Tensor) -> tf.Tensor:
    return tf.sign(values) * tf.math.log1p(tf.abs(values)) if feature.transform.log else values
