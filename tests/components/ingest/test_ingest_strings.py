"""Any text comes out of any format's file as it went in."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.features import FeatureSpec
from widedeep.components.ingest import raw_files
from widedeep.components.ingest.example_shards import encode

# Characters are of all planes; half a surrogate pair is no text.
TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12), min_size=1, max_size=8)


def _csv(path: Path, texts: list[str]) -> None:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([["user", "tags", "age", "label"]])
    # A member of a set can't hold the separator in CSV.
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([text, text.replace("|", "/"), 1, 1] for text in texts)
    path.write_bytes(written.getvalue().encode())


def _columns(texts: list[str]) -> dict[str, pa.Array]:
    bytes_list = pa.list_(pa.binary())
    return {
        "user": pa.array([[text.encode()] for text in texts], bytes_list),
        "tags": pa.array([[text.replace("|", "/").encode()] for text in texts], bytes_list),
        "age": pa.array([[1.0] for _ in texts], pa.list_(pa.float32())),
        "label": pa.array([[1] for _ in texts], pa.list_(pa.int64())),
    }


def _parquet(path: Path, texts: list[str]) -> None:
    pq.write_table(pa.table(_columns(texts)), path)


def _tfrecord(path: Path, texts: list[str]) -> None:
    with tf.io.TFRecordWriter(str(path)) as writer:
        for serialized in encode(pa.RecordBatch.from_pydict(_columns(texts))):
            writer.write(serialized)


WRITERS = {"csv": _csv, "parquet": _parquet, "tfrecord": _tfrecord}


@pytest.mark.parametrize("file_format", WRITERS)
@given(texts=TEXTS)
def test_what_is_read_is_what_was_written(spec: FeatureSpec, file_format: str, texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "part")
        WRITERS[file_format](path, texts)
        table = pa.Table.from_batches(raw_files.read(str(path), file_format, spec))
    assert table["user"].to_pylist() == [[text.encode()] for text in texts]
    assert table["tags"].to_pylist() == [[text.replace("|", "/").encode()] for text in texts]
