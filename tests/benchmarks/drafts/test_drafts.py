"""Drafts beside what a person could have: rows as columns, the splits of declarations by hand, and the figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tensorflow as tf
from tfx_bsl.coders import example_coder

from benchmarks.drafts import curated, tables
from benchmarks.drafts.raw_tables import TABLES
from benchmarks.drafts.split_columns import SplitColumns
from benchmarks.drafts.suite import figures
from benchmarks.drafts.trees import arrays
from widedeep.components import features
from widedeep.components.common.errors import WideDeepError

DECLARED = """
label: {key: label}
features:
  - {key: price, kind: numeric, side: context, transform: {z_score: {}}, deep: {}}
  - {key: at, kind: time, side: context, parts: [hour], wide: true, deep: {embedding: 4}}
  - {key: item, kind: categorical, side: candidate, transform: {vocabulary: {}}, wide: true, deep: {embedding: 4}}
"""
# A Thursday, as 1 January 1970, half past five in the morning; and the Saturday behind it.
MOMENTS = [5.5 * 3600, (2 * 24 + 23) * 3600.0]


def columns(
    numbers: dict[str, list[float]], categories: dict[str, list[str | None]], label: list[float]
) -> SplitColumns:
    return SplitColumns(
        {name: np.array(values) for name, values in numbers.items()},
        {name: pd.Series(values, dtype=object) for name, values in categories.items()},
        np.array(label),
    )


def test_what_example_gen_wrote_as_columns(tmp_path: Path) -> None:
    batch = pa.RecordBatch.from_pydict(
        {
            "price": pa.array([[1.5], None, [2.0]], pa.list_(pa.float32())),
            "at": pa.array([MOMENTS[:1], MOMENTS[1:], None], pa.list_(pa.float32())),
            "at_rest": pa.array([None, [0.25], None], pa.list_(pa.float32())),
            "item": pa.array([["é".encode()], None, [b"b"]], pa.list_(pa.binary())),
            "label": pa.array([[1], [0], [1]], pa.list_(pa.int64())),
        }
    )
    folder = tmp_path / "artifacts" / "ExampleGen" / "examples" / "7" / "Split-train"
    folder.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(folder / "rows.gz"), "GZIP") as writer:
        for example in example_coder.RecordBatchToExamplesEncoder().encode(batch):
            writer.write(example)
    path = tmp_path / "features.yaml"
    path.write_text(DECLARED)
    columns = SplitColumns.read(tmp_path, "train", features.load(path))
    np.testing.assert_array_equal(columns.numbers["price"], [1.5, np.nan, 2.0])
    np.testing.assert_array_equal(columns.numbers["at_hour"], [5, 23, np.nan])
    np.testing.assert_array_equal(columns.numbers["at_weekday"], [3, 5, np.nan])
    assert columns.categories["item"].tolist() == ["é", None, "b"]
    assert columns.label.tolist() == [1, 0, 1]
    path.write_text(DECLARED.replace("kind: categorical", "kind: set"))
    with pytest.raises(WideDeepError, match="'item' is a set"):
        SplitColumns.read(tmp_path, "train", features.load(path))


def test_trees_get_the_categories_of_train_as_codes() -> None:
    train = columns({"price": [1.0, 2.0]}, {"item": ["b", "a"]}, [0, 1])
    test = columns({"price": [3.0, np.nan, 5.0]}, {"item": ["a", "new", None]}, [1, 0, 0])
    made = arrays({"train": train, "test": test})
    np.testing.assert_array_equal(made["x_train"], [[1, 0], [2, 1]])
    np.testing.assert_array_equal(made["x_test"], [[3, 1], [np.nan, np.nan], [5, np.nan]])
    assert (made["categorical"].tolist(), made["y_test"].tolist()) == ([1], [1, 0, 0])


def test_adult_s_rows_have_the_names_and_gaps_of_the_census(tmp_path: Path) -> None:
    numbers = {key: [40.0, 20.0] for key in ["age", "fnlwgt", "capital_gain", "capital_loss", "hours_per_week"]}
    words = ["workclass", "education", "marital_status", "occupation", "relationship", "race", "gender"]
    categories = {key: ["?", "x"] for key in [*words, "native_country", "educational_num"]}
    curated.adult(tmp_path, {"test": columns(numbers, categories, [1, 0])}, tmp_path / "out")
    rows = pd.read_csv(tmp_path / "out" / "test" / "data.csv", dtype=str)
    assert list(rows.columns) == list(curated.census.COLUMNS)
    assert rows["age"].tolist() == ["40", "20"]
    assert rows["sex"].isna().tolist() == [True, False]
    assert rows["label"].tolist() == ["1", "0"]


MEASURED = {
    "rows": {"train": 80, "eval": 10, "test": 10},
    "init_seconds": 3.2,
    "models": {
        "draft": {"auc": 0.70, "logloss": 0.6},
        "lightgbm": {"auc": 0.71, "logloss": 0.5},
        "logistic_regression": {"auc": 0.72, "logloss": 0.55},
        "curated": {"auc": 0.7049, "logloss": 0.61},
    },
}


def test_figures_say_how_far_a_draft_is_from_the_others() -> None:
    auc, over, behind = figures("adult", MEASURED)
    assert (auc.value, auc.goal, auc.against) == (0.70, None, "lightgbm, logistic_regression, curated")
    assert (round(over.value, 6), over.holds) == (-0.02, False)
    assert (round(behind.value, 6), behind.holds) == (0.0049, True)
    [table] = tables.drafts([auc, over, behind])
    assert table.splitlines()[-1] == (
        "| adult | 100 | 10 | 3 | 0.7000 / 0.6000 | 0.7200 / 0.5500 | 0.7100 / 0.5000 | 0.7049 / 0.6100 |"
    )
    assert tables.drafts([over]) == []


def test_each_declaration_by_hand_has_its_rows() -> None:
    assert {name for name, table in TABLES.items() if table.curated} == set(curated.WRITINGS)
