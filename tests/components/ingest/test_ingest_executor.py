"""The whole ExampleGen executor on real files and artifacts."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from widedeep.components.common.errors import ConfigError, DataError
from widedeep.components.features import FeatureSpec
from widedeep.components.features.spec import Label
from widedeep.components.ingest import example_shards
from widedeep.components.ingest.example_shards import encode
from widedeep.components.ingest.splitting.rules import bucket_of


def table(count: int, start: int = 0) -> pa.Table:
    numbers = range(start, start + count)
    return pa.table(
        {
            "user": [f"u{n}" for n in numbers],
            "tags": [[f"t{n}", "x"][: n % 3] for n in numbers],
            "age": [float(n) if n % 4 else None for n in numbers],
            "label": [n % 2 for n in numbers],
        }
    )


def test_examples_hold_the_rows(ingest: Any) -> None:
    ingest.put("train/a.parquet", table(3))
    ingest.put("eval/a.parquet", table(1, start=3))
    ingested = ingest({"train": "train/*", "eval": "eval/*"})
    assert [path.name for path in ingest.files["train"]] == ["data_tfrecord-00000-00000.gz"]
    parsed = [tf.train.Example.FromString(row).features.feature for row in ingested["train"]]
    # Row 0 has neither tags nor age: no feature stands for them, not even an empty one.
    assert [sorted(row) for row in parsed] == [
        ["label", "user"],
        ["age", "label", "tags", "user"],
        ["age", "label", "tags", "user"],
    ]
    assert parsed[2]["tags"].bytes_list.value == [b"t2", b"x"]
    assert parsed[2]["age"].float_list.value == [2.0]
    assert parsed[2]["label"].int64_list.value == [0]
    assert [tf.train.Example.FromString(row).features.feature["user"].bytes_list.value for row in ingested["eval"]] == [
        [b"u3"]
    ]


def test_a_large_file_becomes_several(ingest: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(example_shards, "SHARD_ROWS", 4)
    ingest.put("train/a.parquet", table(9))
    ingest.put("train/b.parquet", table(4, start=9))
    ingest.put("eval/a.parquet", table(1))
    ingested = ingest({"train": "train/*", "eval": "eval/*"})
    counts = {path.name: len(ingest.records(path)) for path in ingest.files["train"]}
    assert counts == {
        "data_tfrecord-00000-00000.gz": 4,
        "data_tfrecord-00000-00001.gz": 4,
        "data_tfrecord-00000-00002.gz": 1,
        "data_tfrecord-00001-00000.gz": 4,
    }
    users = [tf.train.Example.FromString(row).features.feature["user"].bytes_list.value[0] for row in ingested["train"]]
    assert users == [b"u%d" % n for n in range(13)]


def test_a_file_is_a_work_item_that_the_runner_spreads(ingest: Any, is_spread: Any) -> None:
    ingest.put("train/a.parquet", table(3))
    assert is_spread(lambda: ingest({"train": "train/*"}), "Convert")


def test_hash_split_follows_content_alone(ingest: Any) -> None:
    """However the rows lie in files, and twice or once, each goes to its split."""
    rows = table(2000)
    shares = {"train": 8, "eval": 1, "test": 1}
    ingest.put("one/a.parquet", rows)
    single = ingest({"all": "one/*"}, shares)
    shuffled = rows.take(pa.array([(n * 7919) % 2000 for n in range(2000)]))
    ingest.put("many/a.parquet", shuffled.slice(0, 300))
    ingest.put("many/b.parquet", shuffled.slice(300))
    ingest.put("many/c.parquet", rows.slice(500, 700))
    many = ingest({"all": "many/*"}, shares)
    assert {split: set(rows) for split, rows in many.items()} == {split: set(rows) for split, rows in single.items()}
    assert sum(map(len, single.values())) == 2000
    assert len(set().union(*single.values())) == 2000
    for split, share in shares.items():
        expected, deviation = 2000 * share / 10, math.sqrt(2000 * share / 10 * (1 - share / 10))
        assert abs(len(single[split]) - expected) < 4 * deviation


def test_equal_rows_encode_equally(spec: FeatureSpec) -> None:
    columns = {
        "user": pa.array([[b"u"]] * 500, pa.list_(pa.binary())),
        "tags": pa.array([None] * 500, pa.list_(pa.binary())),
        "age": pa.array([[1.0]] * 500, pa.list_(pa.float32())),
        "label": pa.array([[1]] * 500, pa.list_(pa.int64())),
    }
    batch = pa.RecordBatch.from_pydict(columns)
    backwards = pa.RecordBatch.from_pydict(dict(reversed(columns.items())))
    assert len({*encode(batch), *encode(backwards)}) == 1


def test_split_law() -> None:
    # sha256("0") = 5feceb66...e9 and sha256("2") = d4735e3a...35: their last bytes, 0xe9 = 233 and 0x35 = 53, say
    # what they are modulo 2, 4 and 16: 1, 1, 9 and 1, 1, 5.
    assert [bucket_of(b"0", buckets) for buckets in ([1, 2], [1, 4], [2, 4], [9, 16], [10, 16], [8, 9, 16])] == [
        1,
        1,
        0,
        1,
        0,
        2,
    ]
    assert [bucket_of(b"2", buckets) for buckets in ([1, 2], [1, 4], [2, 4], [5, 16], [6, 16], [16])] == [
        1,
        1,
        0,
        1,
        0,
        0,
    ]


def test_empty_split(ingest: Any) -> None:
    ingest.put("a.parquet", table(2))
    with pytest.raises(DataError) as caught:
        ingest({"all": "*"}, {"train": 1_000_000, "eval": 1})
    assert str(caught.value) == (
        "the split 'eval' is empty: no row fell into it. There are too few different rows for data.hash_split; "
        "give 'eval' a larger share, or name files in data.splits."
    )


def test_pattern_without_files(ingest: Any) -> None:
    ingest.put("train/a.parquet", table(2))
    (ingest.folder / "in" / "eval" / "only-a-folder").mkdir(parents=True)
    with pytest.raises(ConfigError) as caught:
        ingest({"train": "train/*", "eval": "eval/*"})
    assert str(caught.value) == (
        f"{ingest.folder}/in/eval/*: matches no file. See data.path and data.splits in the pipeline's config."
    )


def test_error_of_a_worker_is_readable(ingest: Any) -> None:
    folder = ingest.folder / "in"
    folder.mkdir()
    (folder / "a.csv").write_text("user,tags,age,label\nu,a,1,0\n")
    (folder / "b.csv").write_text("user,tags,age,label\nu,a,1,0\nu,a,old,1\n")
    with pytest.raises(DataError) as caught:
        ingest({"train": "a.csv", "eval": "b.csv"}, file_format="csv")
    assert str(caught.value) == f"{folder}/b.csv, row 2, column 'age': 'old' is not a number."


def test_what_was_read_is_recorded(ingest: Any) -> None:
    """Rows 0 to 11: u0, u1, ... with a tag where the number is no multiple of 3, an age where it is none of 4."""
    ingest.put("train/a.parquet", table(4))
    ingest.put("train/b.parquet", table(4, start=4).append_column("other", pa.array(range(4))))
    ingest.put("eval/a.parquet", table(4, start=2))
    ingest({"train": "train/*", "eval": "eval/*"})
    read = ingest.content
    assert not read.by_hash
    train, evaluation = read.splits["train"], read.splits["eval"]
    assert (train.rows, evaluation.rows) == (8, 4)
    assert train.features["user"].counts == {f"u{n}": 1 for n in range(8)}
    # Rows 1, 4 and 7 have one tag, 2 and 5 two, of which one is x.
    assert train.features["tags"].counts == {"t1": 1, "t4": 1, "t7": 1, "t2": 1, "t5": 1, "x": 2}
    assert (train.features["tags"].rows, train.features["tags"].values) == (5, 7)
    assert (train.features["age"].rows, train.features["age"].counts) == (6, {})
    assert len(set(train.sample.hashes) & set(evaluation.sample.hashes)) == 4
    assert set(train.sample.counts) == {1}
    assert [(Path(file.path).name, file.split, file.rows, file.undeclared) for file in read.files] == [
        ("a.parquet", "eval", 4, []),
        ("a.parquet", "train", 4, []),
        ("b.parquet", "train", 4, ["other"]),
    ]
    assert read.files[1].present == {"user": 4, "tags": 2, "age": 3}


def test_what_is_spread_by_hash_is_recorded_split_by_split(ingest: Any) -> None:
    ingest.put("a.parquet", table(50))
    written = ingest({"all": "*"}, {"train": 5, "eval": 5})
    read = ingest.content
    assert read.by_hash
    assert {name: split.rows for name, split in read.splits.items()} == {
        name: len(examples) for name, examples in written.items()
    }
    users = {
        name: {example.features.feature["user"].bytes_list.value[0].decode() for example in map(parsed, examples)}
        for name, examples in written.items()
    }
    assert {name: set(split.features["user"].counts) for name, split in read.splits.items()} == users
    [file] = read.files
    assert (file.split, file.rows, file.present["user"]) == ("all", 50, 50)


parsed = tf.train.Example.FromString


@pytest.mark.parametrize(
    ("splits", "first", "second"),
    [
        (("train", "eval", "test"), "train: part*", "eval: part-eval*"),
        (("eval", "test", "train"), "eval: part-eval*", "train: part*"),
    ],
)
def test_a_file_in_two_splits(ingest: Any, splits: tuple[str, ...], first: str, second: str) -> None:
    patterns = {"train": "part*", "eval": "part-eval*", "test": "part-test*"}
    for start, name in enumerate(("part-0", "part-eval", "part-test")):
        ingest.put(f"{name}.parquet", table(3, start))
    with pytest.raises(ConfigError) as caught:
        ingest({split: patterns[split] for split in splits})
    assert str(caught.value) == (
        f"data.splits: '{first}' and '{second}' both take {ingest.folder}/in/part-eval.parquet. "
        "A row that a model is trained on can't measure it: a file belongs to one split."
    )


def test_a_file_in_two_splits_by_another_name(ingest: Any) -> None:
    for number in range(5):
        ingest.put(f"train/{number}.parquet", table(3, start=number))
    (ingest.folder / "in" / "eval").symlink_to("train")
    with pytest.raises(ConfigError, match=r"eval/0.parquet, .*eval/1.parquet, .*eval/2.parquet and 2 more\. A row"):
        ingest({"train": "train/*", "eval": "eval/*"})


@pytest.mark.parametrize("file_format", ["csv", "parquet", "tfrecord"])
def test_an_empty_part_among_others_is_left_out(ingest: Any, file_format: str) -> None:
    folder = ingest.folder / "in" / "train"
    folder.mkdir(parents=True)
    full = {"csv": b"user,tags,age,label\nu,a,1,0\n", "parquet": b"", "tfrecord": b""}[file_format]
    if file_format == "parquet":
        pq.write_table(table(1), folder / "a")
    elif file_format == "tfrecord":
        with tf.io.TFRecordWriter(str(folder / "a")) as writer:
            writer.write(b"".join(encode(pa.RecordBatch.from_pydict(ONE_ROW))))
    else:
        (folder / "a").write_bytes(full)
    (folder / "b").write_bytes(b"")
    (folder / "c").write_bytes(gzip.compress(b"") if file_format != "parquet" else b"")
    written = ingest({"train": "train/*"}, file_format=file_format)
    assert len(written["train"]) == 1
    assert [(Path(file.path).name, file.rows) for file in ingest.content.files] == [("a", 1), ("b", 0), ("c", 0)]
    (folder / "a").write_bytes(b"")
    with pytest.raises(DataError, match=r"train/a: the file has no rows\. .* So it is with all 3 files of 'train'"):
        ingest({"train": "train/*"}, file_format=file_format)


ONE_ROW = {
    "user": pa.array([[b"u"]], pa.list_(pa.binary())),
    "tags": pa.array([[b"a"]], pa.list_(pa.binary())),
    "age": pa.array([[1.0]], pa.list_(pa.float32())),
    "label": pa.array([[1]], pa.list_(pa.int64())),
}


def test_a_feature_that_no_tf_example_has(ingest: Any) -> None:
    folder = ingest.folder / "in"
    folder.mkdir()
    misspelt = {("User" if name == "user" else name): column for name, column in ONE_ROW.items()}
    with tf.io.TFRecordWriter(str(folder / "a")) as writer:
        writer.write(b"".join(encode(pa.RecordBatch.from_pydict(misspelt))))
    with pytest.raises(DataError) as caught:
        ingest({"train": "*"}, file_format="tfrecord")
    assert str(caught.value) == (
        f"{folder}/a: none of the 1 rows of 'train' has a feature 'user', which features.yaml declares: "
        "did you mean 'User'?"
    )


def test_rows_that_a_server_was_asked_for_need_no_label(ingest: Any) -> None:
    ingest.put("served.parquet", table(2).drop_columns("label"))
    [first, second] = ingest({"serving": "served.parquet"}, labelled=False)["serving"]
    assert first != second
    for example in (first, second):
        assert "label" not in tf.train.Example.FromString(example).features.feature


def test_lost_numbers_stop_what_is_learned_from(ingest: Any) -> None:
    """What a server was asked is not judged: some minutes of it do no harm."""
    count = 200
    columns = {"user": ["u"] * count, "tags": [["a"]] * count, "label": [number % 2 for number in range(count)]}
    ingest.put("a.parquet", pa.table({**columns, "age": [1_700_000_000 + 3 * number for number in range(count)]}))
    with pytest.raises(DataError) as caught:
        ingest({"train": "a.parquet"})
    assert str(caught.value).startswith("column 'age': 32 bits can't keep its numbers apart: ")
    ingest({"serving": "a.parquet"}, labelled=False)
    ingest.put("b.parquet", pa.table({**columns, "age": list(range(count))}))
    ingest({"train": "b.parquet"})
    notes = ingest.files["train"][0].parents[1] / "numbers.json"
    assert json.loads(notes.read_text()) == {"warnings": []}


def test_which_values_that_are_1_rows_have(ingest: Any) -> None:
    """None at all stops: nothing could be learned, and a rule that no row meets is a slip."""
    ingest.spec = ingest.spec.model_copy(update={"label": Label(key="label", positive=("yes", "sure"))})
    answers = pa.array(["yes", "no", "no"])
    ingest.put("train/a.parquet", table(3).set_column(3, "label", answers))
    ingest.put("eval/a.parquet", table(2).set_column(3, "label", answers[1:]))
    ingest({"train": "train/*", "eval": "eval/*"})
    assert [file.labels for file in ingest.content.files] == [[], ["yes"]]
    with pytest.raises(DataError) as caught:
        ingest({"eval": "eval/*"})
    assert str(caught.value) == (
        f"{ingest.folder}/in/eval/a.parquet: no row of this or any other file has the label 'yes' or 'sure', which is "
        "1 by `positive` in features.yaml: write it there as the data does."
    )
