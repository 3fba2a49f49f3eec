"""The files of examples, gzipped TFRecords: how they are packed and read."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

# They are read a few times at most. At zlib's own level (6) packing raw rows takes a third of ingestion, and packing
# transformed ones as long as all else that is done with a row; at this one the files are a fourth and a sixth larger.
COMPRESSION = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)

_BUFFER_BYTES = 2**18


def _untuned() -> tf.data.Options:
    options = tf.data.Options()
    options.autotune.enabled = False
    return options


# tf.data's own tuning stays off: its thread looks at the pass after 10 ms, 20, 40 and so on, and the pass may have to
# wait for its next look when all is read, for as long as the reading took.
UNTUNED = _untuned()


def records(names: Any) -> tf.data.Dataset:
    """The serialized tf.Examples of gzipped TFRecords, one by one.

    Args:
        names: of one file or, read one after the other, of several: str, list of str or string tensor.
    """
    # tf.data.TFRecordDataset reads the same, and traces two functions first: a third of the time of a small read.
    names = tf.reshape(tf.convert_to_tensor(names), [-1])
    made = tf.raw_ops.TFRecordDataset(filenames=names, compression_type="GZIP", buffer_size=_BUFFER_BYTES)
    return tf.data.experimental.from_variant(made, tf.TensorSpec([], tf.string)).with_options(UNTUNED)
