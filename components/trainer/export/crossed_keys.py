"""What a ranking request crosses: the values of the keys of all crosses, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

from widedeep.components.features.spec import Feature, FeatureSpec
from widedeep.components.trainer.export.ranked_crosses import CrossValues
from widedeep.components.trainer.model.layout import Layout
from widedeep.components.transform import packed_columns


class CrossedKeys:
    """The keys that crosses have, with their values as Transform crosses them."""

    def __init__(self, spec: FeatureSpec, layout: Layout) -> None:
        self._features = [spec.inputs[key] for key in sorted({key for cross in spec.crosses for key in cross.keys})]
        self._number = {column.name: index for index, column in enumerate(layout.id_columns)}

    def values(
        self, whole: Mapping[str, tf.Tensor], present: Mapping[str, tf.Tensor], ids: tf.Tensor, requests: tf.Tensor
    ) -> list[dict[str, CrossValues]]:
        """Of the context and of the candidates, by key.

        Args:
            whole: raw features, of the context [requests], of the candidates [requests, each], of a set with one more
                dimension.
            present: of those that are strings, which are there, bool of the same shapes.
            ids: int64 [n]: of the features of all requests, and then of all candidates.
            requests: int64 scalar.
        """
        sides: dict[str, dict[str, CrossValues]] = {"context": {}, "candidate": {}}
        for feature in self._features:
            if feature.kind == "numeric":
                values = self._bucket(feature, ids, requests)
            else:
                values = CrossValues(whole[feature.key], present[feature.key])
            sides[feature.side][feature.key] = CrossValues(*(_with_places(feature, part) for part in values))
        return list(sides.values())

    def _bucket(self, feature: Feature, ids: tf.Tensor, requests: tf.Tensor) -> CrossValues:
        """A number's, of contexts [requests], of candidates [requests, each]."""
        number, missing = self._number[packed_columns.ids(feature)], packed_columns.bucket_count(feature)
        # Each row has one, if only that of missing values: the other side's too.
        where = tf.where(tf.bitwise.right_shift(ids, packed_columns.ID_BITS) == number)
        bucket = tf.gather_nd(ids, where) - (number << packed_columns.ID_BITS)
        bucket = bucket[:requests] if feature.side == "context" else tf.reshape(bucket[requests:], [requests, -1])
        return CrossValues(tf.strings.as_string(bucket), bucket < missing)


def _with_places(feature: Feature, values: tf.Tensor) -> tf.Tensor:
    """[requests, 1 or each, any]."""
    if feature.side == "candidate":
        return values if feature.kind == "set" else values[..., None]
    return values[:, None] if feature.kind == "set" else tf.reshape(values, [-1, 1, 1])
