"""The label's values by its kind, in every format: what is read, and how each fault reads."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
import yaml
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.common.errors import DataError
from widedeep.components.features import FeatureSpec
from widedeep.components.features.spec import Label
from widedeep.components.ingest import raw_files
from widedeep.components.ingest.file_blocks import EXAMPLES
from widedeep.components.ingest.labels import label_values

FORMATS = ("csv", "parquet", "tfrecord")
BINARY = {"key": "label"}
REGRESSION = {"key": "label", "kind": "regression"}
MULTICLASS = {"key": "label", "kind": "multiclass", "classes": 5}


def written(path: Path, file_format: str, labels: Any) -> Path:
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
    column = read(REGRESSION, file_format, [2.5, -1e30, 0.0])
    assert column.type == pa.list_(pa.float32())
    assert column.to_pylist() == [[2.5], [pytest.approx(-1e30, rel=1e-6)], [0.0]]


@pytest.mark.parametrize("file_format", FORMATS)
def test_whole_numbers_of_a_regression_are_floats_too(read, file_format: str) -> None:
    column = read(REGRESSION, file_format, [3, -7])
    assert column.type == pa.list_(pa.float32())
    assert column.to_pylist() == [[3.0], [-7.0]]


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("labels", [[0, 4, 2], [0.0, 4.0, 2.0], ["0", "4.0", " 2 "]])
def test_classes_are_whole_numbers(read, file_format: str, labels: list[Any]) -> None:
    column = read(MULTICLASS, file_format, labels)
    assert column.type == pa.list_(pa.int64())
    assert column.to_pylist() == [[0], [4], [2]]


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize(
    ("label", "value", "needed"),
    [
        (BINARY, 2, "0 or 1; write in features.yaml, if all above 0 is 1: label: {key: label, above: 0}"),
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


YES = {"key": "label", "positive": ["yes"]}
YES_NO = {"key": "label", "positive": ["yes", "si"], "negative": ["no"]}
SIGNS = {"key": "label", "positive": [1], "negative": [-1]}
TRUTHS = {"key": "label", "positive": [True], "negative": [False]}
CLICKS = {"key": "label", "above": 0}


@pytest.mark.parametrize(
    ("label", "file_format", "labels", "expected"),
    [
        *((YES, file_format, ["no", "yes", "later"], [0, 1, 0]) for file_format in FORMATS),
        *((YES_NO, file_format, ["no", "yes", "si"], [0, 1, 1]) for file_format in FORMATS),
        *((SIGNS, file_format, [-1, 1], [0, 1]) for file_format in FORMATS),
        *((SIGNS, file_format, [-1.0, 1.0], [0, 1]) for file_format in ("parquet", "tfrecord")),
        *((CLICKS, file_format, [0, 3, 1], [0, 1, 1]) for file_format in FORMATS),
        *((CLICKS, file_format, [0.0, 0.25], [0, 1]) for file_format in FORMATS),
        ({"key": "label", "above": 3.5}, "csv", ["3.5", " 3.75 ", "-4"], [0, 1, 0]),
        (TRUTHS, "csv", ["true", "false"], [1, 0]),
        (TRUTHS, "parquet", [True, False], [1, 0]),
        (TRUTHS, "parquet", pa.array(["true", "false"]).dictionary_encode(), [1, 0]),
        (SIGNS, "parquet", pa.array([Decimal("1.00"), Decimal("-1.00")]), [1, 0]),
        (SIGNS, "parquet", pa.array([1, -1], pa.int8()), [1, 0]),
        ({"key": "label", "positive": ["Yes "]}, "csv", ["Yes ", "no"], [1, 0]),
    ],
)
def test_a_rule_says_what_is_1(
    read, label: dict[str, Any], file_format: str, labels: list[Any], expected: list[int]
) -> None:
    column = read(label, file_format, labels)
    assert column.type == pa.list_(pa.int64())
    assert column.to_pylist() == [[number] for number in expected]


@pytest.mark.parametrize(
    ("label", "file_format", "labels", "text"),
    [
        (
            YES,
            "csv",
            ["yes", "no", "Yes "],
            "row 3, column 'label': 'Yes ' is 'yes' of the label's `positive` but for case, blanks or the way a number "
            "is written: if it is 1, write in features.yaml: label: {key: label, positive: ['yes', 'Yes ']}; if it is "
            "0, list what is 0 under `negative`.",
        ),
        (
            {"key": "label", "positive": ["1"]},
            "csv",
            ["1", "0", "1.0"],
            "row 3, column 'label': '1.0' is '1' of the label's `positive` but for case, blanks or the way a number is "
            "written: if it is 1, write in features.yaml: label: {key: label, positive: ['1', '1.0']}; if it is 0, "
            "list what is 0 under `negative`.",
        ),
        (
            YES_NO,
            "parquet",
            ["no", "maybe"],
            "row 2, column 'label': 'maybe' is neither among `positive` nor `negative` of the label: if it is 1, write "
            "in features.yaml: label: {key: label, positive: ['yes', si, maybe], negative: ['no']}; if it is 0, add it "
            "to `negative`.",
        ),
        (
            YES_NO,
            "tfrecord",
            ["NO"],
            "row 1, column 'label': 'NO' is neither among `positive` nor `negative` of the label, 'no' but for case, "
            "blanks or the way a number is written: if it is 1, write in features.yaml: label: {key: label, positive: "
            "['yes', si, 'NO'], negative: ['no']}; if it is 0, add it to `negative`.",
        ),
        (
            SIGNS,
            "parquet",
            [-1, 0],
            "row 2, column 'label': 0 is neither among `positive` nor `negative` of the label: if it is 1, write in "
            "features.yaml: label: {key: label, positive: ['1', '0'], negative: ['-1']}; if it is 0, add it to "
            "`negative`.",
        ),
        (
            CLICKS,
            "csv",
            ["many"],
            "row 1, column 'label': 'many' is not a number: the label must be a finite number, which is 1 above 0.",
        ),
        (
            CLICKS,
            "parquet",
            [float("inf")],
            "row 1, column 'label': inf is wrong: the label must be a finite number, which is 1 above 0.",
        ),
    ],
)
def test_a_value_that_the_rule_does_not_tell(
    read, label: dict[str, Any], file_format: str, labels: list[Any], text: str
) -> None:
    with pytest.raises(DataError) as caught:
        read(label, file_format, labels)
    assert str(caught.value).endswith(f"data, {text}")


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize(
    ("label", "needed"),
    [
        (YES, "'yes' for 1, or any other value for 0"),
        (YES_NO, "'yes' or 'si' for 1, or 'no' for 0"),
        (CLICKS, "a finite number, which is 1 above 0"),
    ],
)
def test_a_missing_label_under_a_rule(read, file_format: str, label: dict[str, Any], needed: str) -> None:
    with pytest.raises(DataError) as caught:
        read(label, file_format, ["yes" if label != CLICKS else "1", None])
    assert str(caught.value).endswith(f"data, row 2, column 'label': the value is missing: the label must be {needed}.")


def test_a_missing_number_of_pandas_is_no_label(read) -> None:
    with pytest.raises(DataError, match="row 2, column 'label': the value is missing"):
        read(SIGNS, "parquet", [1.0, float("nan")])


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("yes", ": label: {key: label, positive: ['yes'], negative: ['no']}"),
        ("No", ": label: {key: label, positive: ['Yes'], negative: ['No']}"),
        ("FALSE", ": label: {key: label, positive: ['TRUE'], negative: ['FALSE']}"),
        ("t", ": label: {key: label, positive: [t], negative: [f]}"),
        ("Yes ", ": label: {key: label, positive: ['Yes '], negative: ['No']}"),
        ("-1", ", if it is the other of 1: label: {key: label, positive: ['1'], negative: ['-1']}"),
        ("7", ", if all above 0 is 1: label: {key: label, above: 0}"),
        ("größer", ": label: {key: label, positive: [größer]}"),
    ],
)
@pytest.mark.parametrize("file_format", FORMATS)
def test_what_to_write_for_a_label_that_is_not_0_or_1(read, file_format: str, value: str, line: str) -> None:
    with pytest.raises(DataError) as caught:
        read(BINARY, file_format, [value])
    assert "the label must be 0 or 1; " in str(caught.value)
    assert str(caught.value).endswith(f"write in features.yaml{line}.")
    # The line is one, and the same file is read by it.
    written = yaml.safe_load(line[line.index("{") :])
    assert read(written, file_format, [value]).to_pylist()[0][0] in (0, 1)


def test_the_line_to_write_keeps_the_column(tmp_path: Path, spec: FeatureSpec) -> None:
    path = tmp_path / "data.csv"
    path.write_text("user,tags,age,Clicked?\nu,a,1,yes\n")
    label = Label.model_validate({"key": "clicked", "column": "Clicked?"})
    declared = FeatureSpec(label=label, features=spec.features)
    with pytest.raises(DataError) as caught:
        list(raw_files.read(str(path), "csv", declared))
    line = "label: {key: clicked, column: 'Clicked?', positive: ['yes'], negative: ['no']}"
    assert str(caught.value).endswith(f"write in features.yaml: {line}.")


def test_examples_that_were_read_have_their_label_already(tmp_path: Path, spec: FeatureSpec) -> None:
    path = tmp_path / "data.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for label in (1, 0):
            writer.write(example(label))
    declared = spec.model_copy(update={"label": Label.model_validate(YES_NO)})
    batches = raw_files.read(str(path), EXAMPLES, declared)
    assert pa.Table.from_batches(batches)["label"].to_pylist() == [[1], [0]]


@given(
    positive=st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=4),
    others=st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=4),
    data=st.data(),
)
def test_every_listed_value_is_what_it_is_listed_as(positive: set[str], others: set[str], data: st.DataObject) -> None:
    negative = others - positive
    values = data.draw(st.lists(st.sampled_from(sorted(positive | negative)), min_size=1))
    declared = Label(key="label", positive=tuple(positive), negative=tuple(negative) or None)
    expected = [int(value in positive) for value in values]
    assert label_values.label(pa.array(values), declared).to_pylist() == expected
