"""Rows of every kind, what the whole preprocessing function makes of them through Beam, and its exported graph."""

from __future__ import annotations

import base64
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from widedeep.components import features
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.transform.preprocessing import preprocessing_fn

Row = dict[str, list[Any]]


def declare(key: str, kind: str, transform: dict[str, Any], **roles: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "side": "context", "transform": transform, **roles}


SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "label"},
        "weight": "weight",
        "features": [
            declare("city", "categorical", {"vocabulary": {"min_count": 3, "oov_buckets": 4}}, wide=True),
            declare("home", "categorical", {"vocabulary": {"of": "city"}}, deep={"embedding": 2}),
            declare("tags", "set", {"vocabulary": {}}, wide=True, deep={"embedding": 2}),
            declare("top", "categorical", {"vocabulary": {"max_size": 2}}, wide=True),
            declare("zip", "categorical", {"hash": {"buckets": 50}}, wide=True),
            declare("words", "set", {"hash": {"buckets": 3}}, deep={"embedding": 2}),
            declare("age", "numeric", {"quantile_cdf": {"quantiles": 4}}, wide=True),
            declare("dose", "numeric", {"quantile_cdf": {"quantiles": 4}}, deep={}),
            declare("rank", "numeric", {"quantile_cdf": {"quantiles": 6}}, deep={}),
            declare("size", "numeric", {"z_score": {}}, deep={}),
            declare("same", "numeric", {"z_score": {}}, deep={}),
            declare("none", "numeric", {"z_score": {}}, deep={}),
            declare("pay", "numeric", {"log": {}, "buckets": {"boundaries": [-1, 0, 10.5]}}, wide=True, deep={}),
            declare("only", "categorical", {"vocabulary": {}}),
        ],
        "crosses": [
            {"keys": ["city", "pay"], "buckets": 1000},
            {"keys": ["tags", "words", "only"], "buckets": 100_000},
            {"keys": ["age", "zip"], "buckets": 100_000},
        ],
    }
)
NUMBERS = ("dose", "rank", "size", "same", "none", "pay")
# What the packed columns hold, in order.
FEATURE_IDS = ("city_id", "home_id", "tags_id", "top_id", "zip_id", "words_id", "age_id", "pay_id")
IDS = (*FEATURE_IDS, "city_x_pay", "tags_x_words_x_only", "age_x_zip")
DENSE = tuple(f"{key}_{part}" for key in NUMBERS for part in ("value", "missing"))
TYPES = {"categorical": tf.string, "set": tf.string, "numeric": tf.float32}
PARSING = {feature.key: tf.io.VarLenFeature(TYPES[feature.kind]) for feature in SPEC.features} | {
    "label": tf.io.VarLenFeature(tf.int64),
    "weight": tf.io.VarLenFeature(tf.float32),
}


def make_rows(count: int = 120) -> list[Row]:
    """Every feature missing somewhere, one in all rows; strings once seen, seen often, and not of ASCII."""
    random = np.random.default_rng(3)
    tops = ["a"] * 60 + ["b"] * 40 + ["c"] * 20
    rows = []
    for number in range(count):
        row: Row = {
            "city": [f"city{int(random.exponential(6.0))}"],
            "home": [f"city{int(random.exponential(6.0))}"],
            "tags": [str(tag) for tag in random.permutation(["ä", "beta", "gamma", "δ"])[: random.integers(0, 5)]],
            "top": [tops[number]],
            "zip": [f"{random.integers(90_000, 90_100)}"],
            "words": [f"w{word}" for word in random.integers(0, 6, random.integers(0, 4))],
            # Different values, so that quantiles have equal shares.
            "age": [float(number)],
            "dose": [float(number % 60) ** 2],
            "rank": [float(-number)],
            "size": [float(random.normal(100.0, 15.0))],
            "same": [7.0],
            "none": [],
            "pay": [float(random.choice([-5.0, -1.0, 0.0, 3.25, 10.5, 1000.0]))],
            "only": [f"only{number % 5}"],
            "label": [int(random.integers(0, 2))],
            "weight": [float(random.random())],
        }
        for key in ("city", "home", "zip", "age", "size", "pay", "only"):
            if random.random() < 0.15:
                row[key] = [] if SPEC.by_key[key].kind == "numeric" or random.random() < 0.5 else [""]
        rows.append(row)
    return rows


class Transformed:
    """The rows, what Beam made of them, and the exported graph."""

    def __init__(self, folder: Path) -> None:
        self.rows = make_rows()
        metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(PARSING))
        apply = partial(preprocessing_fn, custom_config={"features": features.to_json(SPEC)})
        with tft_beam.Context(temp_dir=str(folder / "tmp")):
            (data, _), graph = (self.rows, metadata) | tft_beam.AnalyzeAndTransformDataset(apply)
            graph | tft_beam.WriteTransformFn(str(folder / "graph"))
        self.output = tft.TFTransformOutput(str(folder / "graph"))
        self.graph = tf.saved_model.load(self.output.transform_savedmodel_dir)
        self.written = [{key: plain(value) for key, value in row.items()} for row in data]
        self.columns = unpacked({key: [row[key] for row in self.written] for key in data[0]})

    def served(self, rows: list[Row]) -> dict[str, list[list[Any]]]:
        """The exported graph on serialized examples, without label and weight, as a server gets them."""
        raw = tf.io.parse_example(tf.constant([example(row) for row in rows]), self.inputs())
        empty = {
            key: tf.SparseTensor(np.zeros([0, 2], np.int64), tf.zeros([0], PARSING[key].dtype), [len(rows), 0])
            for key in ("label", "weight")
        }
        outputs = self.graph.transform_fn(raw | empty)
        return unpacked({key: by_row(column, len(rows)) for key, column in outputs.items() if key not in empty})

    def inputs(self) -> dict[str, Any]:
        return {key: parser for key, parser in PARSING.items() if key not in ("label", "weight")}

    def vocabulary(self, key: str) -> list[str]:
        lines = self.output.vocabulary_by_name(f"{key}_vocabulary")
        return [base64.urlsafe_b64decode(line + b"=" * (-len(line) % 4)).decode() for line in lines]


def plain(value: Any) -> list[Any]:
    return np.asarray(value).reshape(-1).tolist() if value is not None else []


def unpacked(packed: dict[str, list[list[Any]]]) -> dict[str, list[list[Any]]]:
    """Each id and dense column on its own, from `ids`, `crosses` and `dense` as they are documented."""
    columns = {key: rows for key, rows in packed.items() if key not in ("ids", "crosses", "dense")}
    both = zip(packed["ids"], packed["crosses"], strict=True)
    ids = [[divmod(value, 2**32) for value in (*row, *crosses)] for row, crosses in both]
    for number, name in enumerate(IDS):
        columns[name] = [[id_ for column, id_ in row if column == number] for row in ids]
    for number, name in enumerate(DENSE):
        columns[name] = [[row[number]] for row in packed["dense"]]
    return columns


def by_row(column: Any, rows: int) -> list[list[Any]]:
    if not isinstance(column, tf.SparseTensor):
        return [plain(row) for row in column.numpy()]
    rows_: list[list[Any]] = [[] for _ in range(rows)]
    for (row, _), value in zip(column.indices.numpy(), column.values.numpy(), strict=True):
        rows_[row].append(value.item())
    return rows_


def example(row: Row) -> bytes:
    built = tf.train.Example()
    for key, values in row.items():
        if key in ("label", "weight") or not values:
            continue
        if isinstance(values[0], str):
            built.features.feature[key].bytes_list.value.extend(value.encode() for value in values)
        else:
            built.features.feature[key].float_list.value.extend(values)
    return built.SerializeToString()


def given(rows: list[Row], key: str) -> list[list[Any]]:
    """The values that count: an empty string is none."""
    return [[value for value in row[key] if value != ""] for row in rows]
