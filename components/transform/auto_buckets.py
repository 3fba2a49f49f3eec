"""How many buckets a hash or a cross of `buckets: auto` has.

Transform hashes such a column to AUTO_MOST ids, and counts the column's different values in the split train by a
HyperLogLog sketch (Flajolet et al. 2007, "HyperLogLog: the analysis of a near-optimal cardinality estimation
algorithm"): of a value's hash, ten bits choose a register, which keeps the largest rank, the place of the first 1 among
the others. Which ranks a register saw is a vocabulary of few strings: TFT learns, merges, caches and writes it as one.

A column's size is the power of two that is twice the count or more, so that most values have a bucket of their own; as
a power of two it cuts ids without hashing anew, since h mod 2^24 mod 2^k is h mod 2^k.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft

from widedeep.components.features.spec import Feature, FeatureSpec
from widedeep.components.features.transforms import AUTO, AUTO_LEAST, AUTO_MOST
from widedeep.components.transform import packed_columns
from widedeep.components.transform.vocabulary_strings import decode

# The file of the vocabulary.
DISTINCT_VALUES = "distinct_values"
# Bits of a hash that are counted by: of 2^62 few values meet.
HASHES = 2**62
_REGISTER_BITS, _RANK_BITS = 10, 6
_REGISTERS = 1 << _REGISTER_BITS
# Flajolet et al. 2007, figure 3.
_ALPHA = 0.7213 / (1 + 1.079 / _REGISTERS)


def auto_columns(spec: FeatureSpec) -> list[str]:
    """Names of the id columns whose size is to be found."""
    names = [packed_columns.ids(feature) for feature in spec.features if _is_auto(feature)]
    return names + [cross.name for cross in spec.crosses if cross.buckets == AUTO]


def sketch_words(hashes: Sequence[tf.Tensor]) -> tf.Tensor:
    """The words of the sketches' vocabulary, string [any].

    Args:
        hashes: of each auto column the hashes of a batch's values, int64 [any], below HASHES.
    """
    words = []
    for number, hashed in enumerate(hashes):
        register = tf.bitwise.bitwise_and(hashed, _REGISTERS - 1)
        others = tf.bitwise.right_shift(hashed, _REGISTER_BITS)
        lowest = tf.cast(tf.bitwise.bitwise_and(others, -others), tf.float64)
        rank = tf.where(others > 0, tf.math.round(tf.math.log(lowest) / math.log(2)) + 1, 53.0)
        packed = ((number << _REGISTER_BITS) + register) * 2**_RANK_BITS + tf.cast(rank, tf.int64)
        words.append(tf.strings.as_string(packed))
    return tf.concat(words, axis=0)


def distinct_values(words: Iterable[bytes], columns: int) -> list[float]:
    """How many different values each column had, with a standard error of some 3 %.

    Args:
        words: of the vocabulary, in any order.
        columns: how many there are.
    """
    ranks = np.zeros([columns, _REGISTERS], np.int64)
    # Where no row had a value TFT writes a word of its own.
    packed = np.array([int(word) for word in words if word.isdigit()], np.int64)
    register, rank = np.divmod(packed, 2**_RANK_BITS)
    np.maximum.at(ranks.reshape(-1), register, rank)
    return [_estimate(of_column) for of_column in ranks]


def _estimate(ranks: np.ndarray) -> float:
    estimate = float(_ALPHA * _REGISTERS**2 / np.sum(2.0**-ranks))
    empty = int(np.count_nonzero(ranks == 0))
    return _REGISTERS * math.log(_REGISTERS / empty) if empty and estimate <= 2.5 * _REGISTERS else estimate


def size_for(values: float) -> int:
    """The size of a column that has so many different values."""
    needed = math.ceil(2 * values)
    return min(max(1 << max(needed - 1, 0).bit_length(), AUTO_LEAST), AUTO_MOST)


def with_sizes(spec: FeatureSpec, transform_output: tft.TFTransformOutput, kept: FeatureSpec | None) -> FeatureSpec:
    """The declaration with numbers in place of each `auto`.

    Args:
        spec: that Transform was given.
        transform_output: what it learned.
        kept: that of an earlier model, whose sizes stay where they can: its weights are learned by them.
    """
    columns = auto_columns(spec)
    if not columns:
        return spec
    words = decode(transform_output.vocabulary_by_name(DISTINCT_VALUES))
    counted = map(size_for, distinct_values(words, len(columns)))
    return _sized(spec, dict(zip(columns, counted, strict=True)) | _kept_sizes(columns, kept))


def _kept_sizes(columns: Sequence[str], kept: FeatureSpec | None) -> dict[str, int]:
    if kept is None:
        return {}
    sizes = {
        packed_columns.ids(feature): feature.transform.hash.buckets
        for feature in kept.features
        if feature.transform.hash
    }
    sizes |= {cross.name: cross.buckets for cross in kept.crosses}
    return {
        name: size
        for name in columns
        # Others can't be cut from what Transform hashes to.
        if isinstance(size := sizes.get(name), int) and size.bit_count() == 1 and size <= AUTO_MOST
    }


def _sized(spec: FeatureSpec, sizes: Mapping[str, int]) -> FeatureSpec:
    features = []
    for feature in spec.features:
        if _is_auto(feature):
            assert feature.transform.hash is not None
            hashed = feature.transform.hash.model_copy(update={"buckets": sizes[packed_columns.ids(feature)]})
            transform = feature.transform.model_copy(update={"hash": hashed})
            feature = feature.model_copy(update={"transform": transform})
        features.append(feature)
    crosses = [
        cross.model_copy(update={"buckets": sizes[cross.name]}) if cross.buckets == AUTO else cross
        for cross in spec.crosses
    ]
    # Made anew: a copy would keep what the old one has worked out.
    return FeatureSpec(
        label=spec.label,
        weight=spec.weight,
        weight_column=spec.weight_column,
        features=tuple(features),
        crosses=tuple(crosses),
    )


def _is_auto(feature: Feature) -> bool:
    return feature.transform.hash is not None and feature.transform.hash.buckets == AUTO
