"""The estimator on really transformed data: what it repeats, what it depends on, and what it says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from sklearn import metrics

from widedeep.components.common.errors import ConfigError
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.training_options import TrainingOptions

DROPOUT = {"epochs": 1, "deep": {"hidden": [16, 8], "dropout": 0.2}}


def estimator(prepared: Any, spec: FeatureSpec | None = None, **training: Any) -> WideDeepEstimator:
    options = TrainingOptions.model_validate(prepared.options.model_dump() | training)
    return WideDeepEstimator(spec or prepared.spec, tft.TFTransformOutput(prepared.graph), options)


def state(made: WideDeepEstimator, folder: Path) -> dict[str, np.ndarray]:
    """Weights and slots."""
    made.save_state(str(folder))
    stored = tf.train.load_checkpoint(str(folder / "weights-sums"))
    names = [name for name in stored.get_variable_to_shape_map() if name.endswith("VARIABLE_VALUE")]
    return {name: stored.get_tensor(name) for name in names}


def test_one_seed_gives_one_model_bit_for_bit(prepared, tmp_path):
    made = [estimator(prepared, seed=seed, **DROPOUT) for seed in (1, 1, 2)]
    curves = [estimator_.train(prepared.train, prepared.eval) for estimator_ in made]
    first, again, other = (state(estimator_, tmp_path / str(number)) for number, estimator_ in enumerate(made))
    assert len(first) >= 20
    assert first.keys() == again.keys()
    assert all((first[name] == again[name]).all() for name in first)
    assert [row.model_copy(update={"seconds": 0}) for row in curves[0]] == [
        row.model_copy(update={"seconds": 0}) for row in curves[1]
    ]
    assert any((first[name] != other[name]).any() for name in first)


def test_the_seed_shuffles(prepared, tmp_path):
    """A wide model starts at nothing: two seeds differ in the order of the examples alone."""
    made = [estimator(prepared, model="wide", epochs=1, seed=seed) for seed in (1, 2)]
    for estimator_ in made:
        estimator_.train(prepared.train, prepared.eval)
    scores = [estimator_.predict(prepared.eval) for estimator_ in made]
    assert (scores[0] != scores[1]).any()


def test_the_weights_of_examples_weigh(prepared):
    spec = prepared.spec.model_copy(update={"weight": None})
    weighted, plain = (estimator(prepared, declared, epochs=1) for declared in (None, spec))
    curves = [estimator_.train(prepared.train, prepared.eval) for estimator_ in (weighted, plain)]
    assert curves[0][0].loss != curves[1][0].loss
    assert (weighted.predict(prepared.eval) != plain.predict(prepared.eval)).any()


def test_a_batch_larger_than_the_data_is_all_of_it(prepared):
    made = estimator(prepared, batch_size=100_000, patience=None)
    curve = made.train(prepared.train, prepared.eval)
    assert [(row.step, row.examples) for row in curve] == [(1, 600), (2, 600)]
    # The first loss is that of scores of about one half.
    assert curve[0].loss == pytest.approx(np.log(2), abs=0.02)
    assert curve[1].loss < curve[0].loss


def test_predictions_and_quality_are_of_the_same_model(prepared):
    made = estimator(prepared)
    curve = made.train(prepared.train, prepared.eval)
    quality = made.evaluate(prepared.eval)
    (kept,) = (row for row in curve if row.kept)
    assert quality == {name: kept.metric(name) for name in ("auc", "logloss", "accuracy")}
    label, weight = ([row[key][0] for row in prepared.raw] for key in ("liked", "importance"))
    scores = made.predict(prepared.eval)
    assert quality["auc"] == pytest.approx(metrics.roc_auc_score(label, scores, sample_weight=weight), abs=1e-9)
    assert quality["auc"] > 0.6


def test_the_crosses_that_were_used_are_told(prepared):
    """As many buckets as different combinations leave, which hashing may only lessen."""
    made = estimator(prepared, model="wide", epochs=1)
    assert made.crosses == []
    made.train(prepared.train, prepared.eval)
    assert [(cross.name, cross.buckets) for cross in made.crosses] == [("history_x_item", 500), ("user_x_item", 500)]
    # 12 items in a history by 12 items; of 40 users by 12 items no more than rows.
    assert 100 < made.crosses[0].used <= 144
    assert 200 < made.crosses[1].used <= 480


def test_scores_stay_probabilities_where_a_part_of_the_negatives_is_left_out(prepared):
    """The mean score is that of who learns all rows; of the rows kept it would be nearly twice as high."""
    made = estimator(prepared, model="wide", epochs=12, patience=None, keep_negatives=0.2)
    curve = made.train(prepared.train, prepared.train)
    # Every epoch has the positives, 265 or so of the 600, and about a fifth of the others, never the same ones.
    assert all(280 < row.examples < 400 for row in curve)
    assert len({row.examples for row in curve}) > 3
    scores = made.predict(prepared.train)
    plain = estimator(prepared, model="wide", epochs=12, patience=None)
    plain.train(prepared.train, prepared.train)
    # The rate is 0.45; without the correction the odds were 5 times as high: 0.8.
    assert scores.mean() == pytest.approx(plain.predict(prepared.train).mean(), abs=0.1)


def test_a_label_without_negatives_is_refused_before_it_trains(prepared):
    label = prepared.spec.label.model_copy(update={"kind": "regression"})
    spec = prepared.spec.model_copy(update={"label": label})
    with pytest.raises(ConfigError, match=r"training\.keep_negatives is 0\.5, and the label is regression"):
        estimator(prepared, spec, keep_negatives=0.5)
