"""Batches of transformed examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from components.errors import DataError
from components.features.spec import FeatureSpec
from components.trainer.layout import Layout

# Rows held in memory to draw from: whole small data sets, and enough to break up the order of large ones.
_SHUFFLE_ROWS = 100_000


def parsing_spec(spec: FeatureSpec, layout: Layout) -> dict[str, Any]:
    """How to parse the transformed examples: the model's inputs, the label and the weight."""
    parsing: dict[str, Any] = {name: tf.io.VarLenFeature(tf.int64) for name in layout.id_columns}
    parsing.update({name: tf.io.FixedLenFeature([1], tf.float32) for name in layout.dense})
    parsing[spec.label.key] = tf.io.FixedLenFeature([], tf.int64)
    if spec.weight:
        parsing[spec.weight] = tf.io.FixedLenFeature([], tf.float32)
    return parsing


def batch_signature(parsing: dict[str, Any]) -> dict[str, tf.TypeSpec]:
    """What a batch of any size looks like to tf.function, so that one trace serves every batch."""
    return {
        name: tf.SparseTensorSpec([None, None], feature.dtype)
        if isinstance(feature, tf.io.VarLenFeature)
        else tf.TensorSpec([None, *feature.shape], feature.dtype)
        for name, feature in parsing.items()
    }


def batches(
    files: Sequence[str], parsing: dict[str, Any], batch_size: int, shuffle_seed: int | None = None
) -> tf.data.Dataset:
    """Batches of columns, in the files' order, or anew shuffled at each pass where a seed is given.

    Args:
        files: patterns of gzipped TFRecords of transformed tf.Examples.
        parsing: what to parse, from `parsing_spec`.
        batch_size: rows in a batch; the last one may be smaller.
        shuffle_seed: makes the order of every pass reproducible.

    Raises:
        DataError: no file matches.
    """
    names = sorted(name for pattern in files for name in tf.io.gfile.glob(pattern))
    if not names:
        raise DataError(f"no transformed examples match {', '.join(files) or '(no pattern)'}: is the split empty?")
    data = tf.data.TFRecordDataset(names, "GZIP")
    if shuffle_seed is not None:
        data = data.shuffle(_SHUFFLE_ROWS, seed=shuffle_seed, reshuffle_each_iteration=True)
    return (
        data.batch(batch_size)
        .map(lambda serialized: tf.io.parse_example(serialized, parsing), num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )
