"""The preprocessing function: the same graph in training and in serving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft

from components import features
from components.features.spec import Feature, FeatureSpec
from components.transform import columns
from components.transform.crosses import cross, unique
from components.transform.numeric import Numeric

Tensors = dict[str, Any]


def preprocessing_fn(inputs: Mapping[str, tf.SparseTensor], custom_config: Mapping[str, Any]) -> Tensors:
    """Transforms raw features to the columns that `components.transform.columns` names.

    Args:
        inputs: each raw feature as a sparse tensor of shape [batch, any].
        custom_config: `features`, the declaration as JSON.

    Returns:
        ids as sparse int64 [batch, any], scaled numerics as float32 [batch, 1]; label and weight as they are.
    """
    return _Preprocessing(features.from_json(custom_config["features"]), inputs).outputs()


class _Preprocessing:
    def __init__(self, spec: FeatureSpec, inputs: Mapping[str, tf.SparseTensor]) -> None:
        self._spec = spec
        self._inputs = inputs
        self._numerics = {
            feature.key: Numeric(feature, inputs[feature.key]) for feature in spec.features if feature.kind == "numeric"
        }
        self._strings = {
            feature.key: unique(_without_empty(inputs[feature.key]))
            for feature in spec.features
            if feature.kind != "numeric"
        }
        self._vocabularies = {
            feature.key: self._vocabulary(feature)
            for feature in spec.features
            if feature.transform.vocabulary and feature.transform.vocabulary.of is None
        }

    def outputs(self) -> Tensors:
        outputs: Tensors = {}
        for feature in self._spec.features:
            if columns.needs_ids(feature):
                outputs[columns.ids(feature)] = self._ids(feature)
            if columns.needs_value(feature):
                numeric = self._numerics[feature.key]
                outputs[columns.value(feature)] = numeric.scaled()[:, None]
                outputs[columns.missing(feature)] = tf.cast(~numeric.present, tf.float32)[:, None]
        for crossed in self._spec.crosses:
            members = [self._crossable(self._spec.by_key[key]) for key in crossed.keys]
            outputs[crossed.name] = cross(members, crossed.buckets)
        for key in (self._spec.label.key, self._spec.weight):
            if key:
                outputs[key] = self._inputs[key]
        return outputs

    def _vocabulary(self, feature: Feature) -> Any:
        vocabulary = feature.transform.vocabulary
        assert vocabulary is not None
        return tft.vocabulary(
            self._strings[feature.key],
            top_k=vocabulary.max_size,
            frequency_threshold=vocabulary.min_count if vocabulary.min_count > 1 else None,
            vocab_filename=columns.vocabulary(feature),
            name=columns.vocabulary(feature),
        )

    def _ids(self, feature: Feature) -> tf.SparseTensor:
        if feature.kind == "numeric":
            numeric = self._numerics[feature.key]
            bucket = tf.where(
                numeric.present, numeric.buckets(), tf.constant(columns.bucket_count(feature), dtype=tf.int64)
            )
            return tf.sparse.from_dense(bucket[:, None] + 1).with_values(bucket)
        strings = self._strings[feature.key]
        if feature.transform.hash:
            buckets = tf.strings.to_hash_bucket_fast(strings.values, feature.transform.hash.buckets)
            return unique(strings.with_values(buckets))
        vocabulary = feature.transform.vocabulary
        assert vocabulary is not None
        owner = self._spec.by_key[vocabulary.of or feature.key]
        assert owner.transform.vocabulary is not None
        ids = tft.apply_vocabulary(
            strings, self._vocabularies[owner.key], num_oov_buckets=owner.transform.vocabulary.oov_buckets
        )
        return unique(ids)

    def _crossable(self, feature: Feature) -> tf.SparseTensor:
        """The feature's values as strings: a numeric's bucket, otherwise the raw value."""
        if feature.kind != "numeric":
            return self._strings[feature.key]
        numeric = self._numerics[feature.key]
        rows = tf.where(numeric.present)
        batch = tf.shape(numeric.present, out_type=tf.int64)[0]
        buckets = tf.strings.as_string(tf.boolean_mask(numeric.buckets(), numeric.present))
        return tf.SparseTensor(tf.concat([rows, tf.zeros_like(rows)], axis=1), buckets, [batch, 1])


def _without_empty(strings: tf.SparseTensor) -> tf.SparseTensor:
    """An empty string is a missing value."""
    return tf.sparse.retain(strings, strings.values != "")
