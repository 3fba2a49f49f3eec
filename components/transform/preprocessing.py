"""The preprocessing function: the same graph in training and in serving.

TFT traces it several times in a run, so it is written with few operations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import tensorflow as tf

from widedeep.components import features
from widedeep.components.features.spec import Feature, FeatureSpec
from widedeep.components.transform import packed_columns
from widedeep.components.transform.auto_buckets import DISTINCT_VALUES, HASHES, auto_columns, sketch_words
from widedeep.components.transform.crosses import cross_ids, is_member, members, unique
from widedeep.components.transform.ids import vocabulary_ids
from widedeep.components.transform.ids.packing import Ids, pack
from widedeep.components.transform.ids.side_by_side import side_by_side
from widedeep.components.transform.numeric import Numerics
from widedeep.components.transform.raw_numbers import raw_number
from widedeep.components.transform.times.time_parts import time_parts
from widedeep.components.transform.vocabulary_analyzer import Vocabulary, vocabulary_paths

Tensors: TypeAlias = "dict[str, tf.Tensor | tf.SparseTensor]"


def preprocessing_fn(inputs: Mapping[str, tf.SparseTensor], custom_config: Mapping[str, Any]) -> Tensors:
    """Transforms raw features to the columns that `widedeep.components.transform.packed_columns` names.

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
        numbers = [feature for feature in spec.inputs.values() if feature.kind == "numeric"]
        parts = time_parts(spec, inputs)
        self._numerics = Numerics(
            numbers, parts | {each.key: raw_number(each, inputs) for each in numbers if each.key not in parts}
        )
        self._strings = {
            feature.key: members(inputs[feature.key]) for feature in spec.features if not feature.is_number
        }
        self._crossable = {
            key: self._values_to_cross(spec.inputs[key])
            for key in {key for cross in spec.crosses for key in cross.keys}
        }
        owners = [
            feature
            for feature in spec.features
            if feature.transform.vocabulary and feature.transform.vocabulary.of is None
        ]
        paths = vocabulary_paths([*map(self._vocabulary, owners), *self._distinct_values()])
        self._vocabularies = {owner.key: path for owner, path in zip(owners, paths, strict=False)}

    def _distinct_values(self) -> list[tuple[Vocabulary, tf.Tensor]]:
        """Of the columns whose number of buckets is to be found, where there are any: see auto_buckets.py."""
        columns = auto_columns(self._spec)
        if not columns:
            return []
        hashes = {
            packed_columns.ids(feature): tf.strings.to_hash_bucket_fast(self._strings[feature.key].values, HASHES)
            for feature in self._spec.features
            if packed_columns.ids(feature) in columns
        }
        for cross in self._spec.crosses:
            if cross.name in columns:
                members = [self._crossable[key] for key in cross.keys]
                hashes[cross.name] = cross_ids(members, HASHES).values
        return [(Vocabulary(DISTINCT_VALUES), sketch_words([hashes[name] for name in columns]))]

    def outputs(self) -> Tensors:
        outputs: Tensors = {}
        ids = [
            self._ids(feature)
            for feature in self._spec.inputs.values()
            if packed_columns.needs_ids(self._spec, feature)
        ]
        if ids:
            has_sets = any(feature.kind == "set" for feature in self._spec.features)
            outputs[packed_columns.IDS] = pack(ids, each_once=has_sets)
        crosses = [
            cross_ids([self._crossable[key] for key in cross.keys], cross.hashed_to) for cross in self._spec.crosses
        ]
        if crosses:
            outputs[packed_columns.CROSSES] = side_by_side(
                [
                    cross.with_values(cross.values + (number << packed_columns.ID_BITS))
                    for number, cross in enumerate(crosses, start=len(ids))
                ]
            )
        dense = [
            column
            for feature in self._spec.inputs.values()
            if packed_columns.needs_value(feature)
            for column in (self._numerics.scaled(feature), tf.cast(~self._numerics.present(feature), tf.float32))
        ]
        if dense:
            outputs[packed_columns.DENSE] = tf.stack(dense, axis=1)
        for key in (self._spec.label.key, self._spec.weight):
            if key:
                outputs[key] = self._inputs[key]
        return outputs

    def _vocabulary(self, feature: Feature) -> tuple[Vocabulary, tf.Tensor]:
        declared = feature.transform.vocabulary
        assert declared is not None
        strings = self._strings[feature.key]
        if feature.kind == "set":
            # A set counts a value once.
            strings = unique(strings)
        vocabulary = Vocabulary(packed_columns.vocabulary(feature), declared.min_count, declared.max_size)
        return vocabulary, strings.values

    def _ids(self, feature: Feature) -> Ids:
        if feature.kind == "numeric":
            present = self._numerics.present(feature)
            missing = tf.constant(packed_columns.bucket_count(feature), tf.int64)
            buckets = tf.where(present, self._numerics.buckets(feature), missing)
            rows = tf.size(buckets, tf.int64)
            return Ids(tf.range(rows), buckets, tf.ones_like(present), tf.stack([rows, 1]))
        strings = self._inputs[feature.key]
        ids = self._string_ids(feature, strings.values)
        return Ids(strings.indices[:, 0], ids, is_member(strings), strings.dense_shape)

    def _string_ids(self, feature: Feature, strings: tf.Tensor) -> tf.Tensor:
        """int64 [n]: also of a string that is a missing value."""
        if feature.transform.hash:
            return tf.strings.to_hash_bucket_fast(strings, feature.transform.hash.hashed_to)
        vocabulary = feature.transform.vocabulary
        assert vocabulary is not None
        owner = self._spec.by_key[vocabulary.of or feature.key]
        assert owner.transform.vocabulary is not None
        return vocabulary_ids.ids(strings, self._vocabularies[owner.key], owner.transform.vocabulary.oov_buckets)

    def _values_to_cross(self, feature: Feature) -> tf.SparseTensor:
        """The feature's values as strings: a numeric's bucket, otherwise the raw value."""
        if feature.kind != "numeric":
            return self._strings[feature.key]
        buckets = _column(self._numerics.buckets(feature))
        buckets = tf.sparse.retain(buckets, self._numerics.present(feature))
        return buckets.with_values(tf.strings.as_string(buckets.values))


def _column(values: tf.Tensor) -> tf.SparseTensor:
    """A sparse [batch, 1] of dense [batch]."""
    rows = tf.range(tf.size(values, out_type=tf.int64))
    shape = tf.stack([tf.size(values, out_type=tf.int64), tf.constant(1, tf.int64)])
    return tf.SparseTensor(tf.stack([rows, tf.zeros_like(rows)], axis=1), values, shape)
