"""Folders as engines write them, in every format: keys in their names, files without endings."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
import zstandard

from widedeep.components.common.errors import DataError
from widedeep.components.features import FeatureSpec
from widedeep.components.ingest import raw_files
from widedeep.components.ingest.csv_files.dialect import PLAIN, CsvDialect
from widedeep.components.ingest.example_shards import encode

COLUMNS = {
    "user": pa.array([[b"u0"], [b"u1"]], pa.list_(pa.binary())),
    "tags": pa.array([[b"a", b"b"], [b"c"]], pa.list_(pa.binary())),
    "age": pa.array([[1.5], [2.5]], pa.list_(pa.float32())),
    "label": pa.array([[0], [1]], pa.list_(pa.int64())),
}
ROWS = pa.RecordBatch.from_pydict(COLUMNS).to_pylist()
FORMATS = ["csv", "tsv", "jsonl", "parquet", "tfrecord"]


def put(path: Path, file_format: str, without: str = "") -> Path:
    """The rows, without one column."""
    path.parent.mkdir(parents=True, exist_ok=True)
    batch = pa.RecordBatch.from_pydict({name: column for name, column in COLUMNS.items() if name != without})
    if file_format == "parquet":
        pq.write_table(pa.Table.from_batches([batch]), path)
    elif file_format == "tfrecord":
        with tf.io.TFRecordWriter(str(path)) as writer:
            for example in encode(batch):
                writer.write(example)
    elif file_format == "jsonl":
        values = {"user": ["u0", "u1"], "tags": [["a", "b"], ["c"]], "age": [1.5, 2.5], "label": [0, 1]}
        objects = [{name: values[name][row] for name in batch.schema.names} for row in range(2)]
        path.write_text("".join(json.dumps(row) + "\n" for row in objects))
    else:
        text = {"user": ["u0", "u1"], "tags": ["a|b", "c"], "age": ["1.5", "2.5"], "label": ["0", "1"]}
        lines = zip(*([name, *text[name]] for name in batch.schema.names), strict=True)
        path.write_text("".join({"csv": ",", "tsv": "\t"}[file_format].join(line) + "\n" for line in lines))
    return path


def rows(path: Path, file_format: str, spec: FeatureSpec, dialect: CsvDialect = PLAIN) -> list[Any]:
    return pa.Table.from_batches(raw_files.read(str(path), file_format, spec, dialect=dialect)).to_pylist()


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize(
    ("column", "folder", "value"),
    [
        ("user", "user=S%C3%A3o", [b"S\xc3\xa3o"]),
        ("user", "user=24", [b"24"]),
        ("tags", "tags=x|y", [b"x", b"y"]),
        ("age", "age=24", [24.0]),
        ("age", "age=__HIVE_DEFAULT_PARTITION__", None),
        ("label", "label=1", [1]),
    ],
)
def test_the_key_of_a_folder_is_a_column(
    tmp_path: Path, spec: FeatureSpec, file_format: str, column: str, folder: str, value: Any
) -> None:
    path = put(tmp_path / folder / "other=1" / "part-0", file_format, without=column)
    assert rows(path, file_format, spec) == [{**row, column: value} for row in ROWS]


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_column_of_the_file_goes_before_the_folders_key(tmp_path: Path, spec: FeatureSpec, file_format: str) -> None:
    assert rows(put(tmp_path / "user=x" / "part-0", file_format), file_format, spec) == ROWS


@pytest.mark.parametrize("file_format", ["csv", "tsv", "parquet"])
def test_a_key_that_is_not_the_declared_one(tmp_path: Path, spec: FeatureSpec, file_format: str) -> None:
    path = put(tmp_path / "users=x" / "part-0", file_format, without="user")
    with pytest.raises(DataError, match=r"there is no column 'user', which features\.yaml declares"):
        rows(path, file_format, spec)


PACKERS = {
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "zstd": zstandard.compress,
    # Parts one behind another, as `cat` and parallel packers leave them.
    "gzip twice": lambda content: gzip.compress(content[:9]) + gzip.compress(content[9:]),
    "bz2 twice": lambda content: bz2.compress(content[:9]) + bz2.compress(content[9:]),
    "zstd twice": lambda content: (
        b"\x50\x2a\x4d\x18\x04\0\0\0size" + zstandard.compress(content[:9]) + zstandard.compress(content[9:])
    ),
}


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("file_format", ["csv", "tsv", "jsonl"])
@pytest.mark.parametrize("name", ["part-0", "part-0.csv", "part-0.gz", "part-0.snappy"])
def test_text_that_is_packed_is_known_by_its_first_bytes(
    tmp_path: Path, spec: FeatureSpec, file_format: str, name: str, packer: str
) -> None:
    path = put(tmp_path / name, file_format)
    assert rows(path, file_format, spec) == ROWS
    path.write_bytes(PACKERS[packer](path.read_bytes()))
    assert rows(path, file_format, spec) == ROWS


def test_packed_tfrecords(tmp_path: Path, spec: FeatureSpec) -> None:
    path = put(tmp_path / "part-0", "tfrecord")
    content = path.read_bytes()
    path.write_bytes(gzip.compress(content))
    assert rows(path, "tfrecord", spec) == ROWS
    path.write_bytes(zstandard.compress(content))
    with pytest.raises(DataError) as caught:
        rows(path, "tfrecord", spec)
    assert str(caught.value) == f"{path}: is packed by zstd, and TFRecords may be by gzip: unpack the file."


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
def test_packed_by_what_is_not_read(tmp_path: Path, spec: FeatureSpec, file_format: str) -> None:
    path = put(tmp_path / "part-0", file_format)
    with zipfile.ZipFile(tmp_path / "part-0.zip", "w") as archive:
        archive.write(path, "part-0")
    with pytest.raises(DataError) as caught:
        rows(tmp_path / "part-0.zip", file_format, spec)
    assert str(caught.value) == (
        f"{tmp_path}/part-0.zip: is packed by zip: unpack it, or pack it by gzip, bzip2 or Zstandard."
    )
    (tmp_path / "part-0.xz").write_bytes(lzma.compress(path.read_bytes()))
    with pytest.raises(DataError, match="is packed by xz: unpack it"):
        rows(tmp_path / "part-0.xz", file_format, spec)


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
@pytest.mark.parametrize(("packer", "what"), [(None, "is not packed"), (bz2.compress, "is packed by bz2")])
def test_what_a_file_must_be_packed_by(
    tmp_path: Path, spec: FeatureSpec, file_format: str, packer: Any, what: str
) -> None:
    path = put(tmp_path / "part-0", file_format)
    content, dialect = path.read_bytes(), CsvDialect(compression="gzip")
    path.write_bytes(gzip.compress(content))
    assert rows(path, file_format, spec, dialect) == ROWS
    path.write_bytes(packer(content) if packer else content)
    with pytest.raises(DataError) as caught:
        rows(path, file_format, spec, dialect)
    assert str(caught.value) == (
        f"{path}: {what} by its first bytes, and data.compression is gzip: leave that out, and each file is read as "
        "its bytes say."
    )


def test_names_that_the_declaration_has_not(tmp_path: Path, spec: FeatureSpec) -> None:
    path = tmp_path / "data.csv"
    path.write_text("user,tags,age,label,x,y\nu,a,1,0,2,3\n")
    undeclared: set[str] = set()
    list(raw_files.read(str(path), "csv", spec, undeclared=undeclared))
    assert undeclared == {"x", "y"}
