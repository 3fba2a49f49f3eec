"""Regression and multi-class labels, from Transform to the served model: a toy relation is learned."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_transform import impl_helper

from widedeep.components import features
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.export.served_model import wide_weights
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.components.transform.preprocessing import preprocessing_fn

LABELS = {
    "regression": {"key": "y", "kind": "regression"},
    "multiclass": {"key": "y", "kind": "multiclass", "classes": 4},
}
_HASHED = {"kind": "set", "side": "context", "transform": {"hash": {"buckets": 64}}}


def rows(kind: str, count: int, seed: int) -> list[dict[str, Any]]:
    """The number is 100, 4 more by the first word, and 1 more for each tag; the class is that of the two words."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        words, tags = random.integers(0, 2, 2), [f"tag{tag}" for tag in range(3) if random.random() < 0.5]
        row: dict[str, Any] = {"words": [f"{place}{word}" for place, word in zip("ab", words, strict=True)]}
        if tags:
            row["tags"] = tags
        number = 100.0 + 4.0 * words[0] + len(tags) + random.normal(scale=0.1)
        row["y"] = [float(number) if kind == "regression" else int(2 * words[0] + words[1])]
        made.append(row)
    return made


class Learned:
    """Trained on 500 rows; `raw` are the 200 to watch."""

    def __init__(self, prepared: Any, folder: Path, kind: str) -> None:
        pooled = {"deep": {"embedding": 4, "pooling": "sum"}}
        self.spec = FeatureSpec.model_validate(
            {
                "label": LABELS[kind],
                "features": [{"key": "words", **_HASHED, "wide": True}, {"key": "tags", **_HASHED, **pooled}],
                "crosses": [{"keys": ["words", "tags"], "buckets": 50}],
            }
        )
        graph, parsing = str(folder / "graph"), prepared.parsing(self.spec)
        apply = partial(preprocessing_fn, custom_config={"features": features.to_json(self.spec)})
        types = {key: tf.SparseTensorSpec([None, None], parser.dtype) for key, parser in parsing.items()}
        # Nothing here needs to see the data first.
        impl_helper.analyze_in_place(apply, False, parsing, types, graph)
        self.raw = rows(kind, 200, seed=2)
        train = prepared.transformed(graph, self.spec, rows(kind, 500, seed=1), folder / "train.gz")
        self.eval = [prepared.transformed(graph, self.spec, self.raw, folder / "eval.gz")]
        options = TrainingOptions.model_validate(
            {"epochs": 8, "patience": 3, "batch_size": 25}
            | {"wide": {"l1": 0.01, "l2": 0.0, "learning_rate": 0.5}, "deep": {"hidden": [8], "learning_rate": 0.1}}
        )
        self.estimator = WideDeepEstimator(self.spec, tft.TFTransformOutput(graph), options)
        self.curve = self.estimator.train([train], self.eval)
        self.path = str(folder / "model")
        self.estimator.export(self.path)
        served = tf.saved_model.load(self.path).signatures["serving_default"]
        self.served = {
            name: value.numpy()
            for name, value in served(examples=tf.constant([prepared.example(row) for row in self.raw])).items()
        }
        self.label = np.array([row["y"][0] for row in self.raw])


@pytest.fixture(scope="module", params=["regression", "multiclass"])
def learned(request: Any, prepared: Any, tmp_path_factory: pytest.TempPathFactory) -> Learned:
    return Learned(prepared, tmp_path_factory.mktemp(request.param), request.param)


def test_it_learns_the_relation(learned):
    (kept,) = (row for row in learned.curve if row.kept)
    if learned.spec.label.kind == "regression":
        # The noise is 0.1; without the features the error would be the label's deviation.
        assert kept.rmse < 0.4 < 2 < learned.label.std()
        assert kept.rmse == min(row.rmse for row in learned.curve)
    else:
        assert kept.accuracy > 0.95
        assert kept.logloss == min(row.logloss for row in learned.curve)


def test_the_served_model_scores_as_the_estimator(learned):
    score = learned.estimator.predict(learned.eval)
    np.testing.assert_allclose(learned.served["score"], score, rtol=1e-5, atol=1e-5)
    if learned.spec.label.kind == "regression":
        assert score.shape == (200,)
        assert (learned.served["logit"] == learned.served["score"]).all()
    else:
        assert learned.served["logit"].shape == score.shape == (200, 4)
        np.testing.assert_allclose(score.sum(axis=1), 1.0, rtol=1e-5)
        assert (score.argmax(axis=1) == learned.label).mean() > 0.95


def test_the_quality_is_that_of_the_scores(learned):
    quality, score = learned.estimator.evaluate(learned.eval), learned.estimator.predict(learned.eval)
    if learned.spec.label.kind == "regression":
        error = score - learned.label
        expected = {"rmse": np.sqrt((error**2).mean()), "mae": np.abs(error).mean()}
    else:
        of_label = score[np.arange(200), learned.label]
        expected = {"logloss": -np.log(of_label).mean(), "accuracy": (score.argmax(axis=1) == learned.label).mean()}
    assert quality == {name: pytest.approx(value, rel=1e-4) for name, value in expected.items()}


def test_the_wide_weights_are_a_row_an_id(learned):
    columns = wide_weights(learned.path)
    assert list(columns) == ["words_id", "words_x_tags"]
    # The four words, in buckets of their own, as any training of them.
    words = columns["words_id"]
    assert len(words.ids) == 4
    assert words.weights.shape == ((4,) if learned.spec.label.kind == "regression" else (4, 4))


def test_a_regression_begins_at_the_mean(learned):
    """From 0, labels of 100 and more would be many steps away."""
    if learned.spec.label.kind == "regression":
        assert learned.curve[0].rmse < learned.label.std()
