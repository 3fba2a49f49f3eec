"""Columns whose names are not the features' keys, in every format."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from widedeep.components.common.errors import DataError
from widedeep.components.features import FeatureSpec
from widedeep.components.ingest import raw_files
from widedeep.components.ingest.example_shards import encode

NAMES = {"country": "native-country", "user": "user.id", "size": "größe", "label": "_label", "weight": "2nd weight"}
_HASHED = {"kind": "categorical", "side": "context", "wide": True, "transform": {"hash": {"buckets": 9}}}
SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "label", "column": NAMES["label"]},
        "weight": "weight",
        "weight_column": NAMES["weight"],
        "features": [
            {"key": "country", "column": NAMES["country"], **_HASHED},
            {"key": "user", "column": NAMES["user"], **_HASHED, "kind": "set"},
            {
                "key": "size",
                "column": NAMES["size"],
                "kind": "numeric",
                "side": "context",
                "transform": {"z_score": {}},
                "deep": {},
            },
            # The same column under another transform.
            {
                "key": "size_log",
                "column": NAMES["size"],
                "kind": "numeric",
                "side": "context",
                "transform": {"log": {}},
                "deep": {},
            },
        ],
    }
)
VALUES = {"country": ["de", "fr"], "user": ["a", "b"], "size": [1.5, 2.0], "label": [0, 1], "weight": [1.0, 0.5]}
ROWS = [
    {"country": [b"de"], "user": [b"a"], "size": [1.5], "size_log": [1.5], "label": [0], "weight": [1.0]},
    {"country": [b"fr"], "user": [b"b"], "size": [2.0], "size_log": [2.0], "label": [1], "weight": [0.5]},
]


def _csv(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([list(NAMES.values()), *zip(*(VALUES[key] for key in NAMES), strict=True)])


def _parquet(path: Path) -> None:
    pq.write_table(pa.table({NAMES[key]: values for key, values in VALUES.items()}), path)


def _tfrecord(path: Path) -> None:
    types = {"label": pa.int64(), "size": pa.float32(), "weight": pa.float32()}
    columns = {
        NAMES[key]: pa.array([[value] for value in values], pa.list_(types.get(key, pa.binary())))
        for key, values in VALUES.items()
    }
    with tf.io.TFRecordWriter(str(path)) as writer:
        for serialized in encode(pa.RecordBatch.from_pydict(columns)):
            writer.write(serialized)


@pytest.mark.parametrize(("file_format", "write"), [("csv", _csv), ("parquet", _parquet), ("tfrecord", _tfrecord)])
def test_columns_by_their_own_names(tmp_path: Path, file_format: str, write: object) -> None:
    path = tmp_path / f"part.{file_format}"
    assert callable(write)
    write(path)
    batches = list(raw_files.read(str(path), file_format, SPEC))
    rows = pa.Table.from_batches(batches).to_pylist()
    assert rows == ROWS
    # What ExampleGen makes of them is named by keys.
    examples = tmp_path / "examples"
    with tf.io.TFRecordWriter(str(examples)) as writer:
        for serialized in encode(batches[0]):
            writer.write(serialized)
    assert pa.Table.from_batches(raw_files.read(str(examples), raw_files.EXAMPLES, SPEC)).to_pylist() == ROWS


def test_errors_name_the_column(tmp_path: Path) -> None:
    path = tmp_path / "part.csv"
    path.write_text("native-country,user.id,größe,_label,2nd weight\nde,a,tall,1,1\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        list(raw_files.read(str(path), "csv", SPEC))
    assert str(caught.value) == f"{path}, row 1, column 'größe': 'tall' is not a number."


@pytest.mark.parametrize("column", ["native-country", "Native Country", "_native_country"])
def test_a_column_that_could_be_the_key(tmp_path: Path, column: str) -> None:
    key = column.strip("_").replace("-", "_").replace(" ", "_")
    features = [{"key": key, **_HASHED}]
    path = tmp_path / "part.csv"
    path.write_text(f"{column},label\nde,1\n")
    with pytest.raises(DataError) as caught:
        list(
            raw_files.read(
                str(path), "csv", FeatureSpec.model_validate({"label": {"key": "label"}, "features": features})
            )
        )
    assert str(caught.value) == (
        f"{path}: there is no column '{key}', which features.yaml declares: if '{column}' is meant, write "
        f"{{key: {key}, column: {json.dumps(column)}}}."
    )
