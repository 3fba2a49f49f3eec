"""The label's values by its kind, in every format: what is read, and how each fault reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from widedeep.components.common.errors import DataError
from widedeep.components.features import FeatureSpec
from widedeep.components.features.spec import Label
from widedeep.components.ingest import raw_files

FORMATS = ("csv", "parquet", "tfrecord")
BINARY = {"key": "label"}
REGRESSION = {"key": "label", "kind": "regression"}
MULTICLASS = {"key": "label", "kind": "multiclass", "classes": 5}


def written(path: Path, file_format: str, labels: list[Any]) -> Path:
    if file_format == "csv":
        text = "".join(f"u,a,1,{'' if label is None else label}\n" for label in labels)
        path.write_text(f"user,tags,age,label\n{text}")
    elif file_format == "parquet":
        others = {"user": ["u"] * len(labels), "tags": ["a"] * len(labels), "age": [1.0] * len(labels)}
        pq.write_table(pa.table(others | {"label": labels}), path)
    else:
        with tf.io.TFRecordWriter(str(path)) as writer:
            for label in labels:
                writer.write(example(label))
    return path


def example(label: object) -> bytes:
    made = tf.train.Example()
    feature = made.features.feature["label"]
    if isinstance(label, str):
        feature.bytes_list.value.append(label.encode())
    elif isinstance(label, int):
        feature.int64_list.value.append(label)
    elif isinstance(label, float):
        feature.float_list.value.append(label)
    return bytes(made.SerializeToString())


@pytest.fixture
def read(tmp_path: Path, spec: FeatureSpec):
    """The label column of a file that holds these labels."""

    def call(label: dict[str, Any], file_format: str, labels: list[Any]) -> pa.ChunkedArray:
        path = written(tmp_path / "data", file_format, labels)
        declared = spec.model_copy(update={"label": Label.model_validate(label)})
        return pa.Table.from_batches(raw_files.read(str(path), file_format, declared))["label"]

    return call


@pytest.mark.parametrize("file_format", FORMATS)
def test_numbers_of_a_regression_are_floats(read, file_format: str) -> None:
    found = read(REGRESSION, file_format, [2.5, -1e30, 0.0])
    assert found.type == pa.list_(pa.float32())
    assert found.to_pylist() == [[2.5], [pytest.approx(-1e30, rel=1e-6)], [0.0]]


@pytest.mark.parametrize("file_format", FORMATS)
def test_whole_numbers_of_a_regression_are_floats_too(read, file_format: str) -> None:
    found = read(REGRESSION, file_format, [3, -7])
    assert found.type == pa.list_(pa.float32())
    assert found.to_pylist() == [[3.0], [-7.0]]


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("labels", [[0, 4, 2], [0.0, 4.0, 2.0], ["0", "4.0", " 2 "]])
def test_classes_are_whole_numbers(read, file_format: str, labels: list[Any]) -> None:
    found = read(MULTICLASS, file_format, labels)
    assert found.type == pa.list_(pa.int64())
    assert found.to_pylist() == [[0], [4], [2]]


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize(
    ("label", "value", "needed"),
    [
        (BINARY, 2, "0 or 1"),
        (MULTICLASS, 5, "a whole number from 0 to 4"),
        (MULTICLASS, -1, "a whole number from 0 to 4"),
        (MULTICLASS, 2.5, "a whole number from 0 to 4"),
        (MULTICLASS, float("nan"), "a whole number from 0 to 4"),
        (REGRESSION, float("nan"), "a finite number of 32 bits"),
        (REGRESSION, float("-inf"), "a finite number of 32 bits"),
    ],
)
def test_a_value_outside_the_labels_domain(read, file_format: str, label: dict[str, Any], value: Any, needed: str):
    good = [0.0, 1.0] if isinstance(value, float) else [0, 1]
    with pytest.raises(DataError) as caught:
        read(label, file_format, [*good, value, *good])
    shown = repr(str(value)) if file_format == "csv" else repr(value)
    assert str(caught.value).endswith(f"data, row 3, column 'label': {shown} is wrong: the label must be {needed}.")


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize(
    ("label", "needed"), [(MULTICLASS, "a whole number from 0 to 4"), (REGRESSION, "a finite number of 32 bits")]
)
def test_a_missing_label(read, file_format: str, label: dict[str, Any], needed: str) -> None:
    with pytest.raises(DataError) as caught:
        read(label, file_format, [1, None, 1])
    assert str(caught.value).endswith(f"data, row 2, column 'label': the value is missing: the label must be {needed}.")


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize(
    ("label", "needed"),
    [
        (MULTICLASS, "a whole number from 0 to 4; give each of its texts a number where the file is made"),
        (REGRESSION, "a finite number of 32 bits"),
    ],
)
def test_a_label_that_is_text(read, file_format: str, label: dict[str, Any], needed: str) -> None:
    with pytest.raises(DataError) as caught:
        read(label, file_format, ["1", "two"])
    assert str(caught.value).endswith(
        f"data, row 2, column 'label': 'two' is not a number: the label must be {needed}."
    )


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_number_too_large_for_32_bits(read, file_format: str) -> None:
    with pytest.raises(DataError) as caught:
        read(REGRESSION, file_format, [1e38, 1e39])
    assert "row 2, column 'label'" in str(caught.value)
    assert str(caught.value).endswith("is wrong: the label must be a finite number of 32 bits.")
