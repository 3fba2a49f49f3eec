"""Feature columns from our declaration: the same buckets, boundaries, crosses and widths as our own Transform's.

tf.feature_column hashes strings with the function that Transform uses: what collides there collides here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from benchmarks.training.tf_estimator.rows import Moments


def make_columns(declared: Mapping[str, Any], moments: Mapping[str, Moments]) -> tuple[list[Any], list[Any]]:
    """The linear part's columns and the DNN's.

    Args:
        declared: a features.yaml, read; its strings are hashed, its numbers have a z-score, buckets, or both.
        moments: mean and standard deviation of each number.
    """
    made = {feature["key"]: _Columns(feature, moments) for feature in declared["features"]}
    wide = [made[feature["key"]].ids for feature in declared["features"] if feature.get("wide")]
    for cross in declared["crosses"]:
        members = [made[key].member for key in cross["keys"]]
        wide.append(tf.feature_column.crossed_column(members, cross["buckets"]))
    deep = [made[feature["key"]].deep() for feature in declared["features"] if "deep" in feature]
    return wide, deep


class _Columns:
    """One feature: its ids, and what stands for it in a cross."""

    def __init__(self, feature: Mapping[str, Any], moments: Mapping[str, Moments]) -> None:
        self._key, self._embedding = feature["key"], feature.get("deep", {}).get("embedding")
        transform = feature["transform"]
        if feature["kind"] == "numeric":
            self._moments = moments[self._key]
            raw = tf.feature_column.numeric_column(self._key)
            self.ids = tf.feature_column.bucketized_column(raw, transform["buckets"]["boundaries"])
            self.member = self.ids
        else:
            buckets = transform["hash"]["buckets"]
            self.ids = tf.feature_column.categorical_column_with_hash_bucket(self._key, buckets)
            self.member = self._key

    def deep(self) -> Any:
        """The DNN's input."""
        if self._embedding:
            return tf.feature_column.embedding_column(self.ids, self._embedding)
        mean, deviation = self._moments
        return tf.feature_column.numeric_column(self._key, normalizer_fn=lambda value: (value - mean) / deviation)
