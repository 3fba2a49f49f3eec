"""Numerics of the whole preprocessing function, against a plain Python reference."""

from __future__ import annotations

import statistics
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform.beam as tft_beam
from preprocessing_scene import given
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from widedeep.components import features
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.transform.preprocessing import preprocessing_fn

# TFT divides 0 by 0 where a column has no value in a part of the rows, and takes the NaN out again afterwards.
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in divide:RuntimeWarning")


def test_quantile_cdf_values(transformed):
    """Of 120 different values each of 6 quantiles has 20; the i-th is (i-1)/5, exactly."""
    ranks = [values[0] for values in transformed.columns["rank_value"]]
    assert set(ranks) == {np.float32(i) / np.float32(5) for i in range(6)}
    assert ranks == sorted(ranks, reverse=True)  # the values fall
    assert all(abs(count - 20) <= 1 for count in Counter(ranks).values())


def test_quantile_cdf_values_where_values_repeat(transformed):
    """Each value twice, squared: the order alone says the quantile, and equal values are in the same."""
    value_of = dict(zip((row["dose"][0] for row in transformed.rows), transformed.columns["dose_value"], strict=True))
    for row, value in zip(transformed.rows, transformed.columns["dose_value"], strict=True):
        assert value_of[row["dose"][0]] == value
    by_dose = [value_of[dose][0] for dose in sorted(value_of)]
    assert by_dose == sorted(by_dose)
    assert set(by_dose) == {0.0, np.float32(1) / np.float32(3), np.float32(2) / np.float32(3), 1.0}
    assert all(abs(count - 15) <= 1 for count in Counter(by_dose).values())


def test_quantile_ids_have_one_more_for_missing_values(transformed):
    rows = list(zip(given(transformed.rows, "age"), transformed.columns["age_id"], strict=True))
    absent = [ids for values, ids in rows if not values]
    assert absent
    assert all(ids == [4] for ids in absent)
    present = [ids[0] for values, ids in rows if values]
    assert present == sorted(present)  # the ages rise
    assert set(present) == {0, 1, 2, 3}
    assert all(abs(count - len(present) / 4) <= 1 for count in Counter(present).values())


def z_scores(values: list[list[float]], log: bool = False) -> list[float]:
    """By the population's standard deviation over the present values; 0 where missing."""
    scaled = [[np.sign(v) * np.log1p(abs(v)) if log else v for v in value] for value in values]
    flat = [value for value_ in scaled for value in value_]
    mean, spread = statistics.fmean(flat), statistics.pstdev(flat) or 1.0
    return [(row[0] - mean) / spread if row else 0.0 for row in scaled]


@pytest.mark.parametrize(("key", "log"), [("size", False), ("pay", True), ("same", False)])
def test_z_scores_and_logs(transformed, key, log):
    values = given(transformed.rows, key)
    scaled = np.array(transformed.columns[f"{key}_value"])[:, 0]
    np.testing.assert_allclose(scaled, z_scores(values, log), rtol=0, atol=2e-5)
    assert transformed.columns[f"{key}_missing"] == [[0.0 if value else 1.0] for value in values]


def test_given_buckets(transformed):
    """Bucket i holds boundaries[i-1] <= value < boundaries[i]; missing values have the last."""
    bucket = {-5.0: 0, -1.0: 1, 0.0: 2, 3.25: 2, 10.5: 3, 1000.0: 3}
    values = given(transformed.rows, "pay")
    assert transformed.columns["pay_id"] == [[bucket[value[0]]] if value else [4] for value in values]
    assert {ids[0] for ids in transformed.columns["pay_id"]} == {0, 1, 2, 3, 4}


def test_a_column_without_any_value_says_nothing_when_one_comes(transformed):
    assert transformed.columns["none_value"] == [[0.0]] * 120
    assert transformed.columns["none_missing"] == [[1.0]] * 120
    served = transformed.served([{**transformed.rows[0], "none": [3.0]}])
    assert (served["none_value"], served["none_missing"]) == ([[0.0]], [[0.0]])


def test_z_scores_are_made_in_64_bits(tmp_path: Path) -> None:
    """In 32 bits the square of 1e20 is infinite, and the mean of 16,000,000 and a bit is rough."""
    spec = FeatureSpec.model_validate(
        {
            "label": {"key": "y"},
            "features": [
                {"key": key, "kind": "numeric", "side": "context", "transform": {"z_score": {}}, "deep": {}}
                for key in ("far", "high")
            ],
        }
    )
    rows = [{"far": [0.0], "high": [16_000_000.0 + number % 2], "y": [1]} for number in range(100)]
    rows.append({"far": [1e20], "high": [], "y": [1]})
    parsing = {"far": tf.io.VarLenFeature(tf.float32), "high": tf.io.VarLenFeature(tf.float32)}
    metadata = dataset_metadata.DatasetMetadata(
        schema_utils.schema_from_feature_spec(parsing | {"y": tf.io.VarLenFeature(tf.int64)})
    )
    apply = partial(preprocessing_fn, custom_config={"features": features.to_json(spec)})
    with tft_beam.Context(temp_dir=str(tmp_path)):
        (data, _), _ = (rows, metadata) | tft_beam.AnalyzeAndTransformDataset(apply)
    dense = np.array([row["dense"] for row in data])
    # One of n + 1 values that is h above the others lies sqrt(n) standard deviations above the mean.
    assert dense[-1].tolist() == pytest.approx([10.0, 0.0, 0.0, 1.0])
    assert dense[:100, 0] == pytest.approx(-0.1)
    assert dense[:100, 2] == pytest.approx([-1.0, 1.0] * 50)
