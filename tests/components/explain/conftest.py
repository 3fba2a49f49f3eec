"""A small data set through the real Transform, and a served model that holds its graph."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from widedeep.components import features
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.transform import packed_columns
from widedeep.components.transform.preprocessing import preprocessing_fn

Row = dict[str, list[Any]]


def declare(key: str, kind: str, transform: dict[str, Any], **roles: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "side": "context", "transform": transform, **roles}


SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "liked"},
        "features": [
            declare("city", "categorical", {"vocabulary": {"min_count": 4, "oov_buckets": 3}}, wide=True),
            declare("seen", "set", {"vocabulary": {"of": "city"}}, wide=True),
            declare("tag", "categorical", {"vocabulary": {"min_count": 3}}, wide=True),
            declare("zip", "categorical", {"hash": {"buckets": 7}}, wide=True),
            declare("words", "set", {"hash": {"buckets": 5}}, wide=True),
            # In no column of its own: only a cross tells its buckets.
            declare("age", "numeric", {"quantile_cdf": {"quantiles": 4}}),
            declare("dose", "numeric", {"quantile_cdf": {"quantiles": 4}}, wide=True),
            declare("rank", "numeric", {"quantile_cdf": {"quantiles": 6}}, wide=True),
            # As many boundaries as `rank` has quantiles.
            declare("pay", "numeric", {"buckets": {"boundaries": [-1, 0, 2, 5, 10.5]}}, wide=True),
        ],
        "crosses": [
            {"keys": ["seen", "city"], "buckets": 50},
            {"keys": ["age", "pay", "words"], "buckets": 1000},
            {"keys": ["words", "seen"], "buckets": 13},
        ],
    }
)
_TYPES = {"categorical": tf.string, "set": tf.string, "numeric": tf.float32}
_PARSING = {feature.key: tf.io.VarLenFeature(_TYPES[feature.kind]) for feature in SPEC.features} | {
    "liked": tf.io.VarLenFeature(tf.int64)
}


def make_rows(count: int = 240) -> list[Row]:
    """Every feature is missing in some rows; some sets name a value twice."""
    random = np.random.default_rng(5)
    words = ["ä", "b_X_c", "b", "c", "δ δ"]
    rows = []
    for _ in range(count):
        row: Row = {
            "city": [f"city{int(random.exponential(6.0))}"],
            "seen": [f"city{int(random.exponential(6.0))}" for _ in range(random.integers(0, 5))],
            "tag": [f"tag{int(random.exponential(2.0))}"],
            "zip": [f"{random.integers(30):05d}"],
            "words": [str(word) for word in random.choice(words, random.integers(0, 4))],
            "age": [float(random.integers(18, 80))],
            "dose": [float(np.float32(random.normal()))],
            "rank": [float(random.integers(0, 9))],
            "pay": [float(np.float32(random.normal(3, 8)))],
            "liked": [int(random.integers(2))],
        }
        for key in ("city", "tag", "zip", "age", "dose", "rank", "pay"):
            if random.random() < 0.1:
                row[key] = []
        rows.append(row)
    return rows


@dataclass(frozen=True)
class Served:
    """A model's folder, and the raw rows behind it.

    Attributes:
        folder: a SavedModel with the transform graph, its vocabularies and the declaration.
        rows: raw rows.
        files: the same rows as TFRecords, in three files.
        ids: for each row its ids in each column, as the transform graph makes them.
    """

    folder: str
    rows: list[Row]
    files: list[str]
    ids: list[dict[str, set[int]]]

    @property
    def sizes(self) -> dict[str, int]:
        return {column.name: column.size for column in id_columns(self.folder)}


def id_columns(folder: str) -> list[packed_columns.IdColumn]:
    names = {packed_columns.vocabulary(feature) for feature in SPEC.features if feature.transform.vocabulary}
    sizes = {name: len(Path(folder, "assets", name).read_bytes().splitlines()) for name in names}
    return list(packed_columns.id_columns(SPEC, sizes))


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """240 rows, analyzed by Beam."""
    folder = tmp_path_factory.mktemp("explain")
    rows = make_rows()
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(_PARSING))
    apply = partial(preprocessing_fn, custom_config={"features": features.to_json(SPEC)})
    instances = [{key: row[key] or None for key in _PARSING} for row in rows]
    with tft_beam.Context(temp_dir=str(folder / "tmp")):
        graph = (instances, metadata) | tft_beam.AnalyzeDataset(apply)
        graph | tft_beam.WriteTransformFn(str(folder / "graph"))
    output = tft.TFTransformOutput(str(folder / "graph"))
    model = tf.Module()
    model._transform = tf.saved_model.load(output.transform_savedmodel_dir)
    tf.saved_model.save(model, str(folder / "model"))
    (folder / "model" / "assets.extra").mkdir()
    (folder / "model" / "assets.extra" / "features.json").write_text(features.to_json(SPEC))
    examples = [_example(row) for row in rows]
    files = [_write(folder / f"rows-{part}.gz", examples[80 * part : 80 * part + 80]) for part in range(3)]
    raw = tf.io.parse_example(tf.constant(examples), _PARSING)
    transformed = output.transform_features_layer()(raw)
    packed = tf.sparse.concat(1, [transformed[packed_columns.IDS], transformed[packed_columns.CROSSES]])
    return Served(str(folder / "model"), rows, files, _unpacked(packed, str(folder / "model"), len(rows)))


def _unpacked(packed: tf.SparseTensor, folder: str, count: int) -> list[dict[str, set[int]]]:
    names = [column.name for column in id_columns(folder)]
    ids: list[dict[str, set[int]]] = [{name: set() for name in names} for _ in range(count)]
    for (row, _), value in zip(packed.indices.numpy().tolist(), packed.values.numpy().tolist(), strict=True):
        ids[row][names[value >> packed_columns.ID_BITS]].add(value & (2**packed_columns.ID_BITS - 1))
    return ids


def _example(row: Row) -> bytes:
    example = tf.train.Example()
    for key, values in row.items():
        feature = example.features.feature[key]
        if not values:
            continue
        if isinstance(values[0], str):
            feature.bytes_list.value.extend(value.encode() for value in values)
        elif isinstance(values[0], float):
            feature.float_list.value.extend(values)
        else:
            feature.int64_list.value.extend(values)
    return example.SerializeToString()


def _write(path: Path, examples: list[bytes]) -> str:
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for example in examples:
            writer.write(example)
    return str(path)
