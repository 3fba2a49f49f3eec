"""The columns of the whole preprocessing function through Beam, and as the exported graph."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from preprocessing_scene import DENSE, FEATURE_IDS, IDS, NUMBERS, SPEC, declare, example
from tensorflow_transform.graph_context import TFGraphContext

from widedeep.components import features
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.transform import packed_columns
from widedeep.components.transform.preprocessing import preprocessing_fn

# TFT divides 0 by 0 where a column has no value in a part of the rows, and takes the NaN out again afterwards.
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in divide:RuntimeWarning")


def test_label_and_weight_pass_unchanged(transformed):
    assert transformed.columns["label"] == [row["label"] for row in transformed.rows]
    np.testing.assert_allclose(transformed.columns["weight"], [row["weight"] for row in transformed.rows], rtol=1e-6)


def test_no_column_more_or_less(transformed):
    assert all(set(row) == {"ids", "crosses", "dense", "label", "weight"} for row in transformed.written)
    assert all(len(row["dense"]) == len(DENSE) for row in transformed.written)
    numbers = range(len(IDS))
    assert {value >> 32 for row in transformed.written for value in row["ids"]} == set(numbers[: len(FEATURE_IDS)])
    assert {value >> 32 for row in transformed.written for value in row["crosses"]} == set(numbers[len(FEATURE_IDS) :])


def test_the_packed_columns_are_in_the_order_that_the_trainer_reads(transformed):
    sizes = {f"{key}_vocabulary": len(transformed.vocabulary(key)) for key in ("city", "tags", "top")}
    names = list(packed_columns.id_columns(SPEC, sizes))
    assert tuple(column.name for column in names) == IDS
    assert tuple(packed_columns.dense_columns(SPEC)) == DENSE
    for column in names:
        ids = [id_ for row in transformed.columns[column.name] for id_ in row]
        assert ids
        assert 0 <= min(ids) <= max(ids) < column.size


def test_a_row_holds_its_columns_one_after_the_other_without_gaps(transformed):
    """The Trainer finds a column's cell by its place, and TFT writes left-aligned rows alone."""
    for row in transformed.written:
        assert row["ids"] == sorted(row["ids"])
    raw = tf.io.parse_example(tf.constant([example(row) for row in transformed.rows[:9]]), transformed.inputs())
    ids = transformed.output.transform_features_layer()(raw)["ids"]
    assert [place for _, place in ids.indices.numpy()] == [
        place for row in transformed.written[:9] for place in range(len(row["ids"]))
    ]
    assert len(ids.values) < ids.dense_shape[0] * ids.dense_shape[1]


def test_a_declaration_without_ids_or_dense_columns_has_no_such_column(tmp_path):
    def outputs(feature: dict[str, Any], dtype: tf.DType) -> set[str]:
        spec = FeatureSpec.model_validate({"label": {"key": "label"}, "features": [feature]})
        apply = tf.function(partial(preprocessing_fn, custom_config={"features": features.to_json(spec)}))
        given = {"f": tf.SparseTensorSpec([None, None], dtype), "label": tf.SparseTensorSpec([None, None], tf.int64)}
        with TFGraphContext(tf.Module(), str(tmp_path), {}):  # for the analyzers
            return set(apply.get_concrete_function(given).structured_outputs)

    assert outputs(declare("f", "set", {"hash": {"buckets": 3}}, wide=True), tf.string) == {"ids", "label"}
    assert outputs(declare("f", "numeric", {"buckets": {"boundaries": [1]}}, wide=True), tf.float32) == {"ids", "label"}
    assert outputs(declare("f", "numeric", {"log": {}}, deep={}), tf.float32) == {"dense", "label"}


def test_the_exported_graph_gives_what_training_saw(transformed):
    served = transformed.served(transformed.rows)
    for key, rows in served.items():
        assert rows == transformed.columns[key], key


def test_a_row_alone_gives_what_it_gives_in_a_batch(transformed):
    for index in range(0, 120, 17):
        served = transformed.served([transformed.rows[index]])
        assert {key: rows[0] for key, rows in served.items()} == {
            key: transformed.columns[key][index] for key in served
        }


def test_a_row_without_any_feature(transformed):
    served = transformed.served([{}])
    for key in ("city_id", "home_id", "tags_id", "zip_id", "words_id", *(cross.name for cross in SPEC.crosses)):
        assert served[key] == [[]]
    assert (served["age_id"], served["pay_id"]) == ([[4]], [[4]])
    for key in NUMBERS:
        assert (served[f"{key}_value"], served[f"{key}_missing"]) == ([[0.0]], [[1.0]])
