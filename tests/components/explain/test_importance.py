"""Permutation importance of models whose formula is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
from sklearn import metrics

from widedeep.components.common.errors import DataError
from widedeep.components.explain.importance import importance, used_features
from widedeep.components.features.spec import FeatureSpec

ROWS = 2000


def feature(key: str, **more: Any) -> dict[str, Any]:
    made = {"key": key, "kind": "numeric", "side": "context", "transform": {"z_score": {}}, "deep": {}}
    return made | more


STRING = {"kind": "categorical", "transform": {"hash": {"buckets": 9}}, "deep": None}
FEATURES = [feature("a"), feature("b"), feature("idle"), feature("key", **STRING)]


def declared(**label: Any) -> FeatureSpec:
    return FeatureSpec.model_validate({"label": {"key": "y", **label}, "features": FEATURES})


class Linear(tf.Module):  # type: ignore[misc]
    """3 a + b, and b counts as 0 where it is missing."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples):
        columns = {key: tf.io.FixedLenFeature([], tf.float32, default_value=0.0) for key in "ab"}
        read = tf.io.parse_example(examples, columns)
        total = 3 * read["a"] + read["b"]
        return {"score": tf.sigmoid(total) if self.chance else total}


@pytest.fixture(scope="module", params=[True, False], ids=["binary", "regression"])
def model(request, tmp_path_factory) -> tuple[str, bool]:
    module = Linear()
    module.chance = request.param
    folder = str(tmp_path_factory.mktemp("model"))
    tf.saved_model.save(module, folder, signatures={"serving_default": module.serve})
    return folder, request.param


@pytest.fixture(scope="module")
def columns() -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    made = {key: random.normal(size=ROWS).astype(np.float32) for key in ("a", "b", "idle")}
    made["noise"] = random.normal(size=ROWS).astype(np.float32)
    return made


def table(columns: dict[str, np.ndarray], label: np.ndarray, missing: bool = False) -> pa.Table:
    lists = {
        key: pa.array([[value] for value in columns[key].tolist()], pa.list_(pa.float32())) for key in ("a", "idle")
    }
    b: list[list[float] | None] = [[value] for value in columns["b"].tolist()]
    if missing:
        b[::2] = [None] * len(b[::2])
    lists["b"] = pa.array(b, pa.list_(pa.float32()))
    lists["y"] = pa.array([[value] for value in label.tolist()])
    return pa.table(lists)


def test_what_is_lost_is_what_the_feature_says(model, columns) -> None:
    """Of a regression the formula says it: without a feature of weight w the error's square grows by 2 w^2."""
    folder, chance = model
    total = 3 * columns["a"] + columns["b"]
    label = (total + columns["noise"] > 0).astype(np.int64) if chance else (total + columns["noise"]).astype(np.float32)
    measured = importance(folder, table(columns, label), declared(**({} if chance else {"kind": "regression"})), 0.95)
    assert [each.feature for each in measured.features[:2]] == ["a", "b"]
    by_key = {each.feature: each for each in measured.features}
    assert by_key["idle"].loss == 0
    for key, weight in (("a", 3), ("b", 1)):
        low, high = by_key[key].interval
        assert 0 < low < by_key[key].loss < high
        if chance:
            dealt = total - weight * columns[key] + weight * np.random.default_rng(9).permutation(columns[key])
            lost = metrics.roc_auc_score(label, total) - metrics.roc_auc_score(label, dealt)
            assert by_key[key].loss == pytest.approx(lost, abs=0.02)
        else:
            assert by_key[key].loss == pytest.approx((1 + 2 * weight**2) ** 0.5 - 1, rel=0.08)


def test_missing_values_are_dealt_out_too(model, columns) -> None:
    """Half of b is missing, and as often missing afterwards: the error grows by half as much."""
    folder, chance = model
    if chance:
        return
    there = np.where(np.arange(ROWS) % 2, columns["b"], 0)
    label = (3 * columns["a"] + there + columns["noise"]).astype(np.float32)
    measured = importance(folder, table(columns, label, missing=True), declared(kind="regression"), 0.95)
    [b] = [each for each in measured.features if each.feature == "b"]
    assert b.loss == pytest.approx(2**0.5 - 1, rel=0.15)


def test_rows_of_one_label_are_told(model, columns) -> None:
    folder, chance = model
    if chance:
        with pytest.raises(DataError, match="on these 2,000 rows the model's auc is undefined"):
            importance(folder, table(columns, np.ones(ROWS, np.int64)), declared(), 0.95)


def test_what_the_model_does_not_use_is_not_asked() -> None:
    """A key to group by is no input."""
    assert [each.key for each in used_features(declared())] == ["a", "b", "idle"]
    crossed = {"label": {"key": "y"}, "crosses": [{"keys": ["key", "other"], "buckets": 9}]}
    crossed["features"] = [feature("key", **STRING), feature("other", **STRING), feature("alone", **STRING)]
    assert [each.key for each in used_features(FeatureSpec.model_validate(crossed))] == ["key", "other"]


def test_rows_need_a_folder_of_a_model(tmp_path: Path, columns) -> None:
    with pytest.raises(OSError, match="SavedModel"):
        importance(str(tmp_path), table(columns, np.ones(ROWS, np.int64)), declared(), 0.95)
