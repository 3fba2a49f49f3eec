"""What each half of the model is worth."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow_transform as tft

from widedeep.components.trainer.ablation import compare, difference
from widedeep.components.trainer.comparison import Comparison, Difference
from widedeep.components.trainer.estimator import WideDeepEstimator


def estimator(prepared: Any, **training: Any) -> WideDeepEstimator:
    options = prepared.options.model_validate(prepared.options.model_dump() | training)
    return WideDeepEstimator(prepared.spec, tft.TFTransformOutput(prepared.graph), options)


def test_the_ablation_has_a_row_a_model_measured_on_the_test_split(prepared):
    # Early stopping watches eval; the rows are measured elsewhere: here, on the train split.
    options = prepared.options.model_copy(update={"epochs": 1})
    split = (prepared.train, prepared.eval, prepared.train)
    rows = [row.row() for row in compare(*split, prepared.graph, prepared.spec, options, seeds=(1, 2))]
    keys = {"model", "train_seconds", "examples_per_second", "parameters", "still_improving"}
    metrics = ("auc", "logloss", "accuracy")
    keys |= {f"{name}{part}" for name in metrics for part in ("", "_sd")}
    against = {f"{name}{part}" for name in metrics for part in ("_joint", "_p")}
    assert [row["model"] for row in rows] == ["wide", "deep", "fm", "wide_deep"]
    assert [set(row) for row in rows] == [keys | against] * 3 + [keys]
    for row in rows[:3]:
        assert row["auc_joint"] == pytest.approx(rows[3]["auc"] - row["auc"], abs=1e-12)
        assert 0 <= row["auc_p"] <= 1
    # A bias, and a weight for each id of a feature or cross: all of them are wide.
    assert rows[0]["parameters"] == 1 + estimator(prepared, model="wide").wide_rows[0]
    wide = []
    for seed in (1, 2):
        model = estimator(prepared, model="wide", seed=seed, epochs=1)
        model.train(prepared.train, prepared.eval)
        wide.append(model.evaluate(prepared.train))
    for name in ("auc", "logloss", "accuracy"):
        assert rows[0][name] == pytest.approx((wide[0][name] + wide[1][name]) / 2, abs=1e-9)
        # Of two numbers: half their distance, times the root of 2.
        assert rows[0][f"{name}_sd"] == pytest.approx(abs(wide[0][name] - wide[1][name]) / 2**0.5, abs=1e-9)
        assert wide[0][name] != wide[1][name]
    for row in rows:
        assert row["examples_per_second"] * row["train_seconds"] == pytest.approx(600)


def test_a_difference_is_tested_by_pairs_of_one_seed():
    change = difference([0.81, 0.84, 0.80], [0.80, 0.82, 0.79])
    # Differences 0.01, 0.02, 0.01: mean 4/300, deviation 1/173.2, t = 4 of 2 degrees of freedom, whose p is
    # 1 - t / sqrt(t^2 + 2).
    assert change.mean == pytest.approx(4 / 300)
    assert change.p == pytest.approx(1 - 4 / 18**0.5)
    assert difference([0.8], [0.7]) == Difference(pytest.approx(0.1), None)
    assert difference([0.5, 0.75], [0.25, 0.5]) == Difference(0.25, 0.0)
    assert difference([0.5, 0.75], [0.5, 0.75]) == Difference(0.0, 1.0)


def test_what_to_know_beside_the_numbers():
    numbers = {"metrics": {"auc": 0.8}, "deviations": {"auc": 0.0}, "train_seconds": 1.0, "examples_per_second": 1.0}
    deep = Comparison("deep", **numbers, parameters=3, differences={"auc": Difference(0.1, None)})
    assert deep.remarks() == []
    cut = Comparison(
        "deep", **numbers, parameters=3, still_improving=True, differences={"auc": Difference(0.0123, 0.041)}
    )
    assert cut.remarks() == [
        "deep: its best epoch is the last one allowed: still improving: raise training.epochs.",
        "wide_deep against deep: auc +0.0123 (p = 0.041).",
    ]


def test_a_model_that_is_ahead_is_told():
    numbers = {"metrics": {"auc": 0.8}, "deviations": {"auc": 0.0}, "train_seconds": 1.0, "examples_per_second": 1.0}
    differences = {
        "auc": Difference(-0.01, None),
        "logloss": Difference(-0.02, None),
        "accuracy": Difference(0.0, None),
    }
    ahead = Comparison("lightgbm", **numbers, parameters=3, differences=differences)
    assert ahead.remarks() == ["lightgbm is ahead of wide_deep in auc."]
