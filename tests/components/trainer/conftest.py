"""A small data set through the real Transform, once a session, as the Trainer finds it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from components import features
from components.features.spec import FeatureSpec
from components.trainer.options import TrainingOptions
from components.transform.preprocessing import preprocessing_fn

SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "liked"},
        "weight": "importance",
        "features": [
            {
                "key": "user",
                "kind": "categorical",
                "side": "context",
                "transform": {"vocabulary": {"min_count": 2, "oov_buckets": 2}},
                "wide": True,
                "deep": {"embedding": 4},
            },
            {
                "key": "history",
                "kind": "set",
                "side": "context",
                "transform": {"vocabulary": {"of": "item"}},
                "wide": True,
                "deep": {"embedding": 4},
            },
            {
                "key": "age",
                "kind": "numeric",
                "side": "context",
                "transform": {"quantile_cdf": {"quantiles": 5}},
                "wide": True,
                "deep": {},
            },
            {
                "key": "item",
                "kind": "categorical",
                "side": "candidate",
                "transform": {"vocabulary": {}},
                "wide": True,
                "deep": {"embedding": 8},
            },
            {"key": "price", "kind": "numeric", "side": "candidate", "transform": {"log": {}}, "deep": {}},
        ],
        "crosses": [{"keys": ["history", "item"], "buckets": 500}, {"keys": ["user", "item"], "buckets": 500}],
    }
)
ITEMS = [f"item{number}" for number in range(12)]
_KINDS = {"categorical": tf.string, "set": tf.string, "numeric": tf.float32}


def raw_rows(count: int, seed: int) -> list[dict[str, Any]]:
    """Rows in which a user likes what lies near in number to what they liked before; every part goes missing."""
    random = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for _ in range(count):
        taste = int(random.integers(12))
        item = int(random.integers(12))
        near = min((item - taste) % 12, (taste - item) % 12) <= 2
        row: dict[str, Any] = {
            "user": [f"user{random.integers(40)}"],
            "history": [ITEMS[(taste + shift) % 12] for shift in range(int(random.integers(4)))],
            "age": [float(random.integers(18, 80))],
            "item": [ITEMS[item]],
            "price": [float(random.lognormal(2.0))],
            "liked": [int(random.random() < (0.85 if near else 0.15))],
            "importance": [float(random.choice([0.5, 1.0, 2.0]))],
        }
        for key in ("user", "age", "price"):
            if random.random() < 0.1:
                row[key] = []
        rows.append({key: values for key, values in row.items() if values})
    return rows


@dataclass(frozen=True)
class Prepared:
    """What the steps before the Trainer leave it."""

    spec: FeatureSpec
    options: TrainingOptions
    graph: str
    train: list[str]
    eval: list[str]
    raw: list[dict[str, Any]]

    @staticmethod
    def example(row: dict[str, Any]) -> bytes:
        """A tf.Example of the given values; an absent key is a missing feature."""
        return _example(row)

    @staticmethod
    def write(path: Path, records: list[bytes]) -> str:
        """Writes gzipped TFRecords."""
        return _write(path, records)

    def fn_args(self, folder: Path, **changes: Any) -> SimpleNamespace:
        """As TFX's FnArgs; `changes` replace its fields or, under `training`, the options."""
        training = changes.pop("training", {})
        options = TrainingOptions.model_validate(self.options.model_dump() | training)
        spec = changes.pop("spec", self.spec)
        custom = {"features": features.to_json(spec), "training": options.model_dump_json()}
        given = {
            "train_files": self.train,
            "eval_files": self.eval,
            "transform_output": self.graph,
            "serving_model_dir": str(folder / "serving"),
            "model_run_dir": str(folder / "run"),
            "custom_config": custom,
        }
        return SimpleNamespace(**given | changes)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """600 rows to train on and 300 to watch, through Beam and the preprocessing function."""
    folder = tmp_path_factory.mktemp("trainer")
    raw = {"train": raw_rows(600, seed=1), "eval": raw_rows(300, seed=2)}
    parsing = {feature.key: tf.io.VarLenFeature(_KINDS[feature.kind]) for feature in SPEC.features}
    parsing |= {"liked": tf.io.VarLenFeature(tf.int64), "importance": tf.io.VarLenFeature(tf.float32)}
    schema = schema_utils.schema_from_feature_spec(parsing)
    metadata = dataset_metadata.DatasetMetadata(schema)
    apply = partial(preprocessing_fn, custom_config={"features": features.to_json(SPEC)})
    instances = [{key: row.get(key) for key in parsing} for row in raw["train"]]
    with tft_beam.Context(temp_dir=str(folder / "tmp")):
        _, graph = (instances, metadata) | tft_beam.AnalyzeAndTransformDataset(apply)
        graph | tft_beam.WriteTransformFn(str(folder / "graph"))
    output = tft.TFTransformOutput(str(folder / "graph"))
    files = {}
    for split, rows in raw.items():
        serialized = tf.constant([_example(row) for row in rows])
        columns = output.transform_features_layer()(tf.io.parse_example(serialized, parsing))
        records = [_example(_row(columns, index)) for index in range(len(rows))]
        files[split] = [_write(folder / split / "part.gz", records)]
    options = TrainingOptions.model_validate(
        {"epochs": 2, "batch_size": 64, "wide": {"l1": 0.1}, "deep": {"hidden": [16, 8]}}
    )
    return Prepared(SPEC, options, str(folder / "graph"), files["train"], files["eval"], raw["eval"])


def _example(row: dict[str, Any]) -> bytes:
    built = tf.train.Example()
    for key, values in row.items():
        if isinstance(values[0], str):
            built.features.feature[key].bytes_list.value.extend(value.encode() for value in values)
        elif isinstance(values[0], float):
            built.features.feature[key].float_list.value.extend(values)
        else:
            built.features.feature[key].int64_list.value.extend(values)
    return built.SerializeToString()


def _write(path: Path, records: list[bytes]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for record in records:
            writer.write(record)
    return str(path)


def _row(columns: dict[str, Any], index: int) -> dict[str, Any]:
    row = {}
    for key, column in columns.items():
        if isinstance(column, tf.SparseTensor):
            values = column.values.numpy()[column.indices.numpy()[:, 0] == index].tolist()
        else:
            values = column[index].numpy().tolist()
        if values:
            row[key] = values
    return row
