"""Raw columns become what tf.Examples hold; rows that can't are told, with their numbers, and set apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from widedeep.components.common.errors import DataError
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.scoring.rows.raw_rows import Rows, rows_of
from widedeep.components.scoring.rows.row_form import RowForm


def rows(spec: FeatureSpec, columns: dict[str, Any], **form: Any) -> Rows:
    return rows_of(pa.RecordBatch.from_pydict(columns), RowForm(spec, "csv", **form), "a.csv", 10)


def test_good_rows_are_numbered_in_their_file(spec: FeatureSpec) -> None:
    read = rows(spec, {"x": [b"1.5", None], "Colour": [b"red", b"blue"], "tags": [b"a|b", b""]})
    assert read.numbers.tolist() == [11, 12]
    assert read.batch.to_pydict() == {"x": [[1.5], None], "color": [[b"red"], [b"blue"]], "tags": [[b"a", b"b"], None]}
    assert (read.faults, read.aside, read.label) == ([], None, None)


def test_a_time_is_read_as_it_is_declared() -> None:
    at = {"key": "at", "kind": "time", "side": "context", "unit": "ms", "parts": ["hour"], "wide": True}
    declared = FeatureSpec.model_validate({"label": {"key": "clicked"}, "features": [at]})
    read = rows(declared, {"at": [b"1700000000000", b"soon"]})
    # In 64 bits, as two numbers of 32.
    whole = read.batch.column("at")[0].as_py()[0] + (read.batch.column("at_rest")[0].as_py() or [0.0])[0]
    assert whole == pytest.approx(1_700_000_000_000, abs=1)
    [fault] = read.faults
    assert (fault.row, fault.column) == (12, "at")


def test_an_optional_column_may_be_absent(spec: FeatureSpec) -> None:
    read = rows(spec, {"Colour": [b"red"]})
    assert read.batch.to_pydict() == {"x": [None], "color": [[b"red"]], "tags": [None]}


def test_bad_rows_are_set_apart_with_the_first_reason_of_each(spec: FeatureSpec) -> None:
    columns = {"x": [b"1", b"old", b"2", b"1e99"], "Colour": [b"red", b"", None, b"red"], "tags": [b""] * 4}
    read = rows(spec, columns, keep=("Colour",))
    assert read.numbers.tolist() == [11]
    assert read.batch.column("x").to_pylist() == [[1.0]]
    assert read.kept["Colour"].to_pylist() == ["red"]
    assert [fault.text for fault in read.faults] == [
        "a.csv, row 12, column 'x': 'old' is not a number.",
        "a.csv, row 13, column 'Colour': the value is missing, and the model needs it (`required: true` in its "
        "features).",
        "a.csv, row 14, column 'x': '1e99' is not a finite number of 32 bits (leave a missing value empty).",
    ]
    assert read.aside is not None
    assert read.aside.column("x").to_pylist() == [b"old", b"2", b"1e99"]
    assert str(read.faults[0].error()) == (
        "a.csv, row 12, column 'x': 'old' is not a number. To leave such rows out, and have them written aside: "
        "--skip-bad bad.jsonl"
    )


def test_a_label_may_be_missing_but_not_wrong(spec: FeatureSpec) -> None:
    columns = {"Colour": [b"red"] * 4, "clicked": [b"1", b"", b"0", b"7"]}
    read = rows(spec, columns, labelled=True)
    assert read.label is not None
    np.testing.assert_array_equal(read.label, [1, np.nan, 0])
    [fault] = read.faults
    assert (fault.row, fault.column) == (14, "clicked")
    assert "'7' is wrong: the label must be 0 or 1" in fault.text


def test_labels_of_parquet_and_tf_examples(spec: FeatureSpec) -> None:
    of_parquet = {"Colour": ["red"] * 3, "clicked": pa.array([1.0, None, float("nan")])}
    of_examples = {"Colour": [[b"red"]] * 3, "clicked": pa.array([[1], None, []], pa.list_(pa.int64()))}
    for columns in (of_parquet, of_examples):
        read = rows(spec, columns, labelled=True)
        assert read.label is not None
        np.testing.assert_array_equal(read.label, [1, np.nan, np.nan])
        assert read.faults == []


def test_weights_are_one_where_a_row_has_none(spec: FeatureSpec) -> None:
    weighted = FeatureSpec.model_validate(spec.model_dump(exclude_defaults=True) | {"weight": "w"})
    read = rows(weighted, {"Colour": [b"red"] * 3, "clicked": [b"1"] * 3, "w": [b"2", b"", b"heavy"]}, labelled=True)
    assert read.weight.tolist() == [2.0, 1.0]
    assert [fault.text for fault in read.faults] == ["a.csv, row 13, column 'w': 'heavy' is not a number."]


def test_what_is_kept_is_as_it_was(spec: FeatureSpec) -> None:
    raw = {"Colour": ["red", "blue"], "id": pa.array([7, 8]), "lists": [["a"], ["b", "c"]]}
    read = rows(spec, raw, keep=("id", "lists"))
    assert read.kept["id"].equals(pa.array([7, 8]))
    assert read.kept["lists"].to_pylist() == [["a"], ["b", "c"]]
    # Bytes of a CSV file are text, or no value that can be kept.
    read = rows(spec, {"Colour": [b"red", b"blue"], "id": [b"\xc3\xa9", b"\xff"]}, keep=("id",))
    assert read.kept["id"].to_pylist() == ["é"]
    assert [fault.text for fault in read.faults] == [r"a.csv, row 12, column 'id': b'\xff' is not UTF-8 text."]


def test_a_list_in_tf_examples_stands_for_its_value(spec: FeatureSpec) -> None:
    raw = {
        "Colour": [[b"red"]] * 3,
        "id": pa.array([[7], None, [8, 9]], pa.list_(pa.int64())),
        "tags": [[b"a", b"b"], None, None],
    }
    form = RowForm(spec, "tfrecord", keep=("id", "tags"))
    read = rows_of(pa.RecordBatch.from_pydict(raw), form, "a", 0)
    assert read.kept["id"].to_pylist() == [7, None]
    assert read.kept["tags"].to_pylist() == [["a", "b"], None]
    assert [fault.text for fault in read.faults] == [
        "a, row 3, column 'id': [8, 9] has several values, and can't be kept."
    ]


def test_a_type_that_holds_no_such_feature_is_the_files_fault(spec: FeatureSpec) -> None:
    with pytest.raises(DataError, match=r"^a.csv: column 'Colour' is of type double, but a category is text"):
        rows(spec, {"Colour": [1.5]})
