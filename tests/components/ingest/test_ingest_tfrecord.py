"""TFRecords of tf.Examples; and that all formats give the same rows."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from widedeep.components.common.errors import DataError
from widedeep.components.features import FeatureSpec
from widedeep.components.ingest import file_blocks, raw_files
from widedeep.components.ingest.example_shards import encode

Row = dict[str, list[Any]]


def example(row: Row) -> bytes:
    result = tf.train.Example()
    for name, values in row.items():
        feature = result.features.feature[name]
        if not values:
            feature.bytes_list.SetInParent()
        elif isinstance(values[0], bytes):
            feature.bytes_list.value.extend(values)
        elif isinstance(values[0], float):
            feature.float_list.value.extend(values)
        else:
            feature.int64_list.value.extend(values)
    return result.SerializeToString()


def written(tmp_path: Path, records: list[bytes], name: str = "data.tfrecord") -> Path:
    path = tmp_path / name
    with tf.io.TFRecordWriter(str(path), "GZIP" if name.endswith(".gz") else "") as writer:
        for record in records:
            writer.write(record)
    return path


def rows(path: Path, spec: FeatureSpec, file_format: str = "tfrecord") -> list[Any]:
    return pa.Table.from_batches(raw_files.read(str(path), file_format, spec)).to_pylist()


def refused(path: Path, spec: FeatureSpec) -> str:
    with pytest.raises(DataError) as caught:
        rows(path, spec)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert len(message) < len(str(path)) + 400
    return message.removeprefix(str(path))


FULL: Row = {"user": [b"u"], "tags": [b"a", b"b"], "age": [1.5], "label": [1], "other": [3]}
READ = {"user": [b"u"], "tags": [b"a", b"b"], "age": [1.5], "label": [1]}


@pytest.mark.parametrize("name", ["data.tfrecord", "data.tfrecord.gz"])
def test_rows(tmp_path: Path, spec: FeatureSpec, name: str) -> None:
    records = [example(FULL), example({"label": [0], "tags": []})]
    assert rows(written(tmp_path, records, name), spec) == [
        READ,
        {"user": None, "tags": None, "age": None, "label": [0]},
    ]


def test_feature_that_a_whole_batch_lacks(tmp_path: Path, spec: FeatureSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_blocks, "BATCH_ROWS", 2)
    bare = example({"label": [0]})
    read = rows(written(tmp_path, [bare, bare, example(FULL), bare, bare]), spec)
    assert [row["user"] for row in read] == [None, None, [b"u"], None, None]
    assert [row["tags"] for row in read] == [None, None, [b"a", b"b"], None, None]


def test_numbers_as_text_and_text_as_numbers(tmp_path: Path, spec: FeatureSpec) -> None:
    records = [example({"user": [7], "tags": [1, 2], "age": [b"1.5"], "label": [1.0]})]
    expected = {"user": [b"7"], "tags": [b"1", b"2"], "age": [1.5], "label": [1]}
    assert rows(written(tmp_path, records), spec) == [expected]


def test_row_numbers_across_batches(tmp_path: Path, spec: FeatureSpec) -> None:
    records = [example(FULL)] * 9000
    records[8999] = example({**FULL, "label": [2]})
    path = written(tmp_path, records)
    assert refused(path, spec) == (
        ", row 9000, column 'label': 2 is wrong: the label must be 0 or 1; write in features.yaml, if all above 0 is "
        "1: label: {key: label, above: 0}."
    )


@pytest.mark.parametrize(
    ("records", "text"),
    [
        ([example({**FULL, "age": [float("nan")]})], ", row 1, column 'age': nan is not a finite number of 32 bits"),
        ([example({**FULL, "user": [b"a", b"b"]})], ", row 1, column 'user': [b'a', b'b'] has several values"),
        ([example({**FULL, "user": [b"\xff"]})], ", row 1, column 'user': b'\\xff' is not UTF-8 text."),
        ([example({"user": [b"u"]})], ", row 1, column 'label': the value is missing: the label must be 0 or 1."),
        ([], ": the file has no rows."),
        (
            [example(FULL), b"\xff\xffgarbage"],
            ", from row 1 on: is not readable as TFRecord of tf.Examples: DATA_LOSS: Unable to parse example.",
        ),
        (
            [example(FULL), example({**FULL, "age": [b"1"]})],
            ", from row 1 on: is not readable as TFRecord of tf.Examples: INVALID_ARGUMENT: Feature had wrong type",
        ),
    ],
)
def test_bad_records(tmp_path: Path, spec: FeatureSpec, records: list[bytes], text: str) -> None:
    assert refused(written(tmp_path, records), spec).startswith(text)


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("data.tfrecord", b"user,label\n" * 9, "corrupted record at 0 (Is this even a TFRecord file?)"),
        ("data.tfrecord.gz", b"\x1f\x8b\x08user,label\n" * 9, "inflate() failed"),
    ],
)
def test_not_tfrecord(tmp_path: Path, spec: FeatureSpec, name: str, content: bytes, text: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert text in refused(tmp_path / name, spec)


@pytest.mark.parametrize("packed", [False, True])
def test_truncated(tmp_path: Path, spec: FeatureSpec, packed: bool) -> None:
    content = written(tmp_path, [example({**FULL, "user": [b"%d" % n]}) for n in range(2000)]).read_bytes()
    path = tmp_path / ("cut.gz" if packed else "cut")
    content = gzip.compress(content) if packed else content
    path.write_bytes(content[: len(content) // 2])
    told = refused(path, spec)
    assert "truncated record" in told or "Is the file whole?" in told


def test_a_gzip_file_cut_between_two_records(tmp_path: Path, spec: FeatureSpec) -> None:
    content = gzip.compress(written(tmp_path, [example(FULL)] * 3).read_bytes())
    path = tmp_path / "cut.gz"
    # All records are there; the check sum and the length at the end are not.
    path.write_bytes(content[:-8])
    assert "Is the file whole?" in refused(path, spec)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\x1e\x00|"), min_size=1, max_size=5)
raw_rows = st.lists(
    st.fixed_dictionaries(
        {
            "user": st.none() | texts,
            "tags": st.lists(texts, max_size=3),
            "age": st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32),
            "label": st.integers(0, 1),
            "other": texts,
        }
    ),
    min_size=1,
    max_size=6,
)


@given(raw_rows, st.permutations(["user", "tags", "age", "label", "other"]), st.randoms(use_true_random=False))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=50
)
def test_formats_columns_and_row_order_make_no_difference(
    tmp_path: Path, spec: FeatureSpec, raw: list[dict[str, Any]], order: list[str], random: Any
) -> None:
    """The same rows, as CSV, Parquet and TFRecord, with columns and rows in any order, give the same bytes."""
    with (tmp_path / "d.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(order)
        for row in raw:
            text = {**row, "tags": "|".join(row["tags"]), "age": "" if row["age"] is None else repr(row["age"])}
            writer.writerow(["" if text[name] is None else text[name] for name in order])
    shuffled = random.sample(raw, len(raw))
    kinds = {"user": pa.string(), "tags": pa.list_(pa.string()), "age": pa.float64(), "label": pa.int8()}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in reversed(order)])
    pq.write_table(pa.Table.from_pylist(shuffled, schema), tmp_path / "d.parquet")
    records = []
    for row in raw:
        user = {} if row["user"] is None else {"user": [row["user"].encode()]}
        age = {} if row["age"] is None else {"age": [float(row["age"])]}
        records.append(example({**age, "label": [row["label"]], "tags": [tag.encode() for tag in row["tags"]], **user}))
    written(tmp_path, records, "d.tfrecord")

    def encoded(file_format: str) -> list[bytes]:
        batches = raw_files.read(str(tmp_path / f"d.{file_format}"), file_format, spec)
        return [row for batch in batches for row in encode(batch)]

    assert encoded("tfrecord") == encoded("csv")
    in_order = dict(zip(map(repr, raw), encoded("csv"), strict=True))
    assert encoded("parquet") == [in_order[repr(row)] for row in shuffled]
