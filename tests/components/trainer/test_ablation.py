"""What each half of the model is worth."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow_transform as tft

from widedeep.components.trainer.ablation import compare
from widedeep.components.trainer.estimator import WideDeepEstimator


def estimator(prepared: Any, **training: Any) -> WideDeepEstimator:
    options = prepared.options.model_validate(prepared.options.model_dump() | training)
    return WideDeepEstimator(prepared.spec, tft.TFTransformOutput(prepared.graph), options)


def test_the_ablation_has_a_row_a_model_measured_on_the_test_split(prepared):
    # Early stopping watches eval; the rows are measured elsewhere: here, on the train split.
    options = prepared.options.model_copy(update={"epochs": 1})
    split = (prepared.train, prepared.eval, prepared.train)
    rows = [row.row() for row in compare(*split, prepared.graph, prepared.spec, options, seeds=(1, 2))]
    keys = {"model", "train_seconds", "examples_per_second"}
    keys |= {f"{name}{part}" for name in ("auc", "logloss", "accuracy") for part in ("", "_sd")}
    assert [row["model"] for row in rows] == ["wide", "deep", "wide_deep"]
    assert all(set(row) == keys for row in rows)
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
