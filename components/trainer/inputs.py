"""Batches of transformed examples."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

# Rows held in memory to draw from: whole small data sets, and enough to break up the order of large ones.
_SHUFFLE_ROWS = 100_000


def batches(
    files: Sequence[str], feature_spec: dict[str, object], batch_size: int, shuffle_seed: int | None = None
) -> tf.data.Dataset:
    """Batches of columns, in the files' order, or anew shuffled at each pass where a seed is given.

    Args:
        files: gzipped TFRecords of transformed tf.Examples.
        feature_spec: what to parse, as tf.io.parse_example takes it.
        batch_size: rows in a batch; the last one may be smaller.
        shuffle_seed: makes the order of every pass reproducible.
    """
    names = sorted(name for pattern in files for name in tf.io.gfile.glob(pattern))
    data = tf.data.TFRecordDataset(names, "GZIP")
    if shuffle_seed is not None:
        data = data.shuffle(_SHUFFLE_ROWS, seed=shuffle_seed, reshuffle_each_iteration=True)
    return (
        data.batch(batch_size)
        .map(lambda serialized: tf.io.parse_example(serialized, feature_spec), num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )
