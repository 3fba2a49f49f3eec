"""Small data as the Trainer finds them, once a session: through the real Transform, and written by hand."""

from __future__ import annotations

from collections.abc import Callable
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
from trained_inputs import trained

from widedeep.components import features
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.model.inputs import Batch
from widedeep.components.trainer.model.layout import Layout, make_layout
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.components.transform import packed_columns
from widedeep.components.transform.preprocessing import preprocessing_fn

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

    @staticmethod
    def parsing(spec: FeatureSpec) -> dict[str, Any]:
        """How to parse raw examples of a declaration."""
        return _parsing(spec)

    @staticmethod
    def transformed(graph: str, spec: FeatureSpec, rows: list[dict[str, Any]], path: Path) -> str:
        """Writes what Transform's graph makes of raw rows."""
        return _transformed(graph, spec, rows, path)

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
            "base_model": None,
            "hyperparameters": None,
            "custom_config": custom,
        }
        return SimpleNamespace(**given | changes)


@pytest.fixture(scope="session")
def prepared(made_once: Callable[[str, Callable[[Path], None]], Path]) -> Prepared:
    """600 rows to train on and 300 to watch, through Beam and the preprocessing function."""
    raw = {"train": raw_rows(600, seed=1), "eval": raw_rows(300, seed=2)}

    def fill(folder: Path) -> None:
        parsing = _parsing(SPEC)
        metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(parsing))
        apply = partial(preprocessing_fn, custom_config={"features": features.to_json(SPEC)})
        instances = [{key: row.get(key) for key in parsing} for row in raw["train"]]
        with tft_beam.Context(temp_dir=str(folder / "tmp")):
            graph = (instances, metadata) | tft_beam.AnalyzeDataset(apply)
            graph | tft_beam.WriteTransformFn(str(folder / "graph"))
        for split, rows in raw.items():
            _transformed(str(folder / "graph"), SPEC, rows, folder / split / "part.gz")

    folder = made_once("trainer", fill)
    train, evaluation = ([str(folder / split / "part.gz")] for split in raw)
    options = TrainingOptions.model_validate(
        {"epochs": 2, "batch_size": 64, "wide": {"l1": 0.1}, "deep": {"hidden": [16, 8]}}
    )
    return Prepared(SPEC, options, str(folder / "graph"), train, evaluation, raw["eval"])


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


def _parsing(spec: FeatureSpec) -> dict[str, Any]:
    label = tf.float32 if spec.label.kind == "regression" else tf.int64
    types = {feature.key: _KINDS[feature.kind] for feature in spec.features} | {spec.label.key: label}
    if spec.weight:
        types[spec.weight] = tf.float32
    return {key: tf.io.VarLenFeature(dtype) for key, dtype in types.items()}


def _transformed(graph: str, spec: FeatureSpec, rows: list[dict[str, Any]], path: Path) -> str:
    layer = tft.TFTransformOutput(graph).transform_features_layer()
    serialized = tf.constant([_example(row) for row in rows])
    transformed = layer(tf.io.parse_example(serialized, _parsing(spec)))
    return _write(path, [_example(_row(transformed, index)) for index in range(len(rows))])


def _row(transformed: dict[str, Any], index: int) -> dict[str, Any]:
    row = {}
    for key, column in transformed.items():
        if isinstance(column, tf.SparseTensor):
            values = column.values.numpy()[column.indices.numpy()[:, 0] == index].tolist()
        else:
            values = column[index].numpy().tolist()
        if values:
            row[key] = values
    return row


def _toy_feature(key: str, kind: str, transform: dict[str, Any], **roles: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "side": "context", "transform": transform, **roles}


# Wide and deep, deep alone, wide alone; embeddings of one width in one table, of another width or pooling in others.
TOY = FeatureSpec.model_validate(
    {
        "label": {"key": "y"},
        "weight": "w",
        "features": [
            _toy_feature("a", "set", {"hash": {"buckets": 7}}, wide=True, deep={"embedding": 3}),
            _toy_feature("b", "set", {"hash": {"buckets": 5}}, deep={"embedding": 3}),
            _toy_feature("s", "set", {"hash": {"buckets": 6}}, deep={"embedding": 3, "pooling": "sum"}),
            _toy_feature("c", "categorical", {"hash": {"buckets": 4}}, wide=True, deep={"embedding": 2}),
            _toy_feature("x", "numeric", {"z_score": {}}, deep={}),
        ],
        "crosses": [{"keys": ["a", "c"], "buckets": 9}],
    }
)


@dataclass(frozen=True)
class ToyRow:
    """A transformed example: each id column's ids, the values of `dense`, label and weight."""

    ids: dict[str, list[int]]
    dense: list[float]
    label: int | float
    weight: float


@dataclass(frozen=True)
class Toy:
    """Transformed examples of a declaration without vocabularies: `files` of `rows`, which no Transform saw."""

    spec: FeatureSpec
    layout: Layout
    rows: list[ToyRow]
    files: list[str]

    @staticmethod
    def write(path: Path, records: list[bytes]) -> str:
        """Writes gzipped TFRecords."""
        return _write(path, records)

    @staticmethod
    def row(random: np.random.Generator, layout: Layout) -> ToyRow:
        """0 to 4 ids of a column of sets, at most one of another; those of the first and x decide the label, mostly."""
        ids = {
            column.name: sorted(
                random.permutation(column.size)[: random.integers(0, 5 if column.has_sets else 2)].tolist()
            )
            for column in layout.id_columns
        }
        dense = [float(value) for value in random.normal(size=len(layout.dense)).astype(np.float32)]
        taste = sum(1.0 if number % 2 else -1.0 for number in ids[layout.id_columns[0].name]) + sum(dense[:1])
        label = int(random.random() < 1 / (1 + np.exp(-2 * taste)))
        return ToyRow(ids, dense, label, float(random.choice([0.5, 1.0, 2.0])))

    @staticmethod
    def packed(layout: Layout, row: ToyRow) -> dict[str, list[int]]:
        """The row's ids, of features and of crosses, column by column, the column's number in the upper half."""
        numbers: dict[str, list[int]] = {packed_columns.IDS: [], packed_columns.CROSSES: []}
        for number, column in enumerate(layout.id_columns):
            kind = packed_columns.IDS if column.feature else packed_columns.CROSSES
            numbers[kind] += [(number << 32) | number_ for number_ in row.ids[column.name]]
        return numbers

    @staticmethod
    def batch(layout: Layout, rows: list[ToyRow]) -> Batch:
        """The rows as the trainer reads them; their labels are those of a binary label."""
        packed = [Toy.packed(layout, row) for row in rows]
        transformed = {
            kind: tf.ragged.constant([ids[kind] for ids in packed], tf.int64, ragged_rank=1).to_sparse()
            for kind in (packed_columns.IDS, packed_columns.CROSSES)
        }
        transformed[packed_columns.DENSE] = tf.constant(np.array([row.dense for row in rows], np.float32))
        inputs = trained(layout, transformed, len(rows))
        label, weight = tf.constant([row.label for row in rows], tf.int64), tf.constant([row.weight for row in rows])
        return Batch(inputs, label, weight)

    @staticmethod
    def record(spec: FeatureSpec, layout: Layout, row: ToyRow) -> bytes:
        """The row as Transform writes it; a column without any value is left out."""
        values = {**Toy.packed(layout, row), packed_columns.DENSE: row.dense, spec.label.key: [row.label]}
        if spec.weight:
            values[spec.weight] = [row.weight]
        return _example({key: value for key, value in values.items() if value})


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    """200 rows in two files."""
    folder = tmp_path_factory.mktemp("toy")
    layout = make_layout(TOY, {}, "wide_deep")
    random = np.random.default_rng(7)
    rows = [Toy.row(random, layout) for _ in range(200)]
    records = [Toy.record(TOY, layout, row) for row in rows]
    files = [_write(folder / f"part-{part}.gz", records[part * 100 : part * 100 + 100]) for part in (0, 1)]
    return Toy(TOY, layout, rows, files)
