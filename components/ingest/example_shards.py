"""Rows as serialized tf.Examples, and the TFRecord shards that hold them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf
from tfx_bsl.coders import example_coder

from widedeep.components.examples.record_files import COMPRESSION

# Readers of a compressed TFRecord can't share one file, so a large input becomes several.
SHARD_ROWS = 200_000


def encode(batch: pa.RecordBatch) -> Iterator[bytes]:
    """Yields each row as a serialized tf.Example: equal rows give equal bytes, and a missing value no feature.

    tfx_bsl's encoder does neither: it writes the features of each row in another order, and an empty feature for
    a missing value.

    Args:
        batch: list columns, where a null list is a missing value.
    """
    missing: dict[int, list[str]] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        for index in pc.indices_nonzero(pc.is_null(column)).to_pylist():
            missing.setdefault(index, []).append(name)
    for index, serialized in enumerate(example_coder.RecordBatchToExamplesEncoder().encode(batch)):
        example = tf.train.Example.FromString(serialized)
        for name in missing.get(index, ()):
            del example.features.feature[name]
        yield example.SerializeToString(deterministic=True)


class Shards:
    """The TFRecord files that one input file's rows of one split go to, opened when the first row comes."""

    def __init__(self, folder: str, number: int) -> None:
        """No file yet.

        Args:
            folder: the split's.
            number: the input file's, unique in the folder.
        """
        self._folder, self._number, self._rows = folder, number, 0
        self._writer: tf.io.TFRecordWriter | None = None

    def write(self, example: bytes) -> None:
        """Appends a row."""
        if self._rows % SHARD_ROWS == 0:
            self.close()
            name = f"data_tfrecord-{self._number:05d}-{self._rows // SHARD_ROWS:05d}.gz"
            self._writer = tf.io.TFRecordWriter(os.path.join(self._folder, name), COMPRESSION)
        assert self._writer is not None
        self._writer.write(example)
        self._rows += 1

    def close(self) -> None:
        """Finishes the last file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
