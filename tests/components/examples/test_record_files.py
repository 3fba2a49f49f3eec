"""Files of examples: how they are packed, and that no pass over them waits for tf.data's own tuning."""

from __future__ import annotations

import gzip
from pathlib import Path

import tensorflow as tf

from widedeep.components.examples.record_files import COMPRESSION, records

# RFC 1952, XFL: "the compressor used the fastest algorithm".
FASTEST = 4


def test_examples_are_packed_at_the_fastest_level_and_read_back(tmp_path: Path) -> None:
    rows = [f"row {number}".encode() for number in range(1000)]
    path = tmp_path / "rows.gz"
    with tf.io.TFRecordWriter(str(path), COMPRESSION) as writer:
        for row in rows:
            writer.write(row)
    assert path.read_bytes()[8] == FASTEST
    assert all(row in gzip.decompress(path.read_bytes()) for row in rows)
    assert list(records([str(path), str(path)]).as_numpy_iterator()) == rows + rows


def test_nothing_that_reads_them_has_a_thread_that_tunes_it(tmp_path: Path) -> None:
    assert not records(str(tmp_path / "rows.gz")).batch(2).prefetch(1).options().autotune.enabled
