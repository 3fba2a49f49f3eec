"""TFMA on the served signature: the metrics of each kind of label against scikit-learn's of the same scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from sklearn import metrics

from components.evaluator import results
from components.evaluator.config import make_config
from components.evaluator.options import EvaluationOptions
from components.features.spec import FeatureSpec

ROWS = 2500
CLASSES = 4


def declaration(label: dict[str, Any]) -> FeatureSpec:
    city = {"key": "city", "kind": "categorical", "side": "context", "slice": True}
    city |= {"transform": {"hash": {"buckets": 9}}, "wide": True}
    return FeatureSpec.model_validate({"label": {"key": "y", **label}, "weight": "w", "features": [city]})


class Served(tf.Module):
    """Scores that stand in the examples, under the signature of our models."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.outputs = outputs

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        parsed = tf.io.parse_example(examples, {"p": tf.io.FixedLenFeature([self.outputs], tf.float32)})["p"]
        score = parsed[:, 0] if self.outputs == 1 else parsed
        return {"score": score, "logit": -score}


@pytest.fixture
def evaluate(tmp_path: Path):
    """What we read of an evaluation of scores [n] or [n, classes]."""

    def call(spec: FeatureSpec, label: np.ndarray, score: np.ndarray, weight: np.ndarray, city: np.ndarray):
        module = Served(1 if score.ndim == 1 else score.shape[1])
        tf.saved_model.save(module, str(tmp_path / "model"), signatures={"serving_default": module.serve})
        with tf.io.TFRecordWriter(str(tmp_path / "rows")) as writer:
            for values in zip(label.tolist(), score.reshape(ROWS, -1).tolist(), weight, city, strict=True):
                writer.write(example(*values))
        config = tfma.utils.update_eval_config_with_defaults(make_config(spec, EvaluationOptions()), rubber_stamp=True)
        model = tfma.default_eval_shared_model(str(tmp_path / "model"), eval_config=config)
        tfma.run_model_analysis(model, config, data_location=str(tmp_path / "rows"), output_path=str(tmp_path / "out"))
        return results.read(str(tmp_path / "out"))

    return call


def example(label: float, score: list[float], weight: float, city: str) -> bytes:
    made = tf.train.Example()
    values = made.features.feature
    if isinstance(label, int):
        values["y"].int64_list.value.append(label)
    else:
        values["y"].float_list.value.append(label)
    values["p"].float_list.value.extend(score)
    values["w"].float_list.value.append(weight)
    values["city"].bytes_list.value.append(city.encode())
    return bytes(made.SerializeToString())


@pytest.fixture(scope="module")
def rows() -> dict[str, np.ndarray]:
    """Weights, a city of each row, and scores of each kind."""
    random = np.random.default_rng(3)
    chances = random.dirichlet(np.ones(CLASSES), ROWS).astype(np.float32)
    return {
        "weight": random.choice([0.5, 1.0, 3.0], ROWS),
        # One row of Bonn: a slice that small must not stop an evaluation.
        "city": np.append(random.choice(["Rome", "Oslo"], ROWS - 1, p=[0.9, 0.1]), "Bonn"),
        "chances": chances,
        "classes": np.array([random.choice(CLASSES, p=row / row.sum()) for row in chances.astype(np.float64)]),
        "numbers": random.normal(40.0, 12.0, ROWS).astype(np.float32),
        "guesses": random.normal(38.0, 10.0, ROWS).astype(np.float32),
    }


def binary(label: np.ndarray, score: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    return {
        "auc": metrics.roc_auc_score(label, score, sample_weight=weight),
        "logloss": metrics.log_loss(label, score, sample_weight=weight),
        "accuracy": metrics.accuracy_score(label, score > 0.5, sample_weight=weight),
        "calibration": np.average(score, weights=weight) / np.average(label, weights=weight),
    }


def regression(label: np.ndarray, score: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    return {
        "rmse": metrics.root_mean_squared_error(label, score, sample_weight=weight),
        "mae": metrics.mean_absolute_error(label, score, sample_weight=weight),
        "calibration": np.average(score, weights=weight) / np.average(label, weights=weight),
    }


def multiclass(label: np.ndarray, score: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    return {
        "logloss": metrics.log_loss(label, score, sample_weight=weight, labels=range(CLASSES)),
        "accuracy": metrics.accuracy_score(label, score.argmax(axis=1), sample_weight=weight),
    }


# TFMA's area under precision and recall divides by the scores above the highest, of which there are none.
@pytest.mark.filterwarnings("ignore:invalid value encountered in divide:RuntimeWarning")
@pytest.mark.parametrize(
    ("kind", "label", "score", "reference"),
    [
        ({}, "liked", "chance", binary),
        ({"kind": "regression"}, "numbers", "guesses", regression),
        ({"kind": "multiclass", "classes": CLASSES}, "classes", "chances", multiclass),
    ],
)
def test_metrics_are_those_of_scikit_learn(evaluate, rows, kind, label, score, reference) -> None:
    columns = rows | {"liked": (rows["classes"] == 0).astype(np.int64), "chance": rows["chances"][:, 0]}
    label, score, weight, city = columns[label], columns[score], rows["weight"], rows["city"]
    found = evaluate(declaration(kind), label, score, weight, city)
    assert found.metrics["candidate"]["rows"] == ROWS
    assert found.slices.keys() == {"city=Rome", "city=Oslo"}
    for part, chosen in ((found.metrics, city != ""), (found.slices["city=Oslo"], city == "Oslo")):
        expected = reference(label[chosen], score[chosen], weight[chosen])
        # scikit-learn has no area like TFMA's under precision and recall.
        assert part["candidate"].keys() == expected.keys() | {"rows"} | ({"auc_pr"} if not kind else set())
        for name, value in expected.items():
            # TFMA rounds the scores to 10,000 thresholds before it sums up the area.
            assert part["candidate"][name] == pytest.approx(value, rel=1e-3 if name == "auc" else 1e-6), name
