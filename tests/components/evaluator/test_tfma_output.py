"""TFMA's records with our intervals."""

from __future__ import annotations

import math

import pytest
import tensorflow_model_analysis as tfma
from google.protobuf import text_format
from tensorflow_model_analysis.proto import metrics_for_slice_pb2

from widedeep.components.evaluator.measurement import Measurement, Part, RowStatistics, Supports
from widedeep.components.evaluator.statistics.intervals import estimate, estimate_change
from widedeep.components.evaluator.tfma_output import read_measurement


def metrics(text: str) -> metrics_for_slice_pb2.MetricsForSlice:
    return text_format.Parse(text, metrics_for_slice_pb2.MetricsForSlice())


def value(name: str, number: float, model: str = "", is_diff: bool = False) -> str:
    key = f'name: "{name}" model_name: "{model}" is_diff: {str(is_diff).lower()}'
    return f"metric_keys_and_values {{ key {{ {key} }} value {{ double_value {{ value: {number} }} }} }}"


EVERY = {"rows": 1000, "count": 1000.0, "groups": 50.0}
ROWS = {"every": EVERY, "rarer": {"rows": 90, "count": 80.0, "groups": 40.0, "side": "label 1"}}
SUPPORTS = Supports.model_validate(ROWS)
BASE = {"metric": "logloss", "value": 0.5, "difference": -0.1, "error": 0.01, "constant": None, "saturated": 0}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch):
    def call(slices: list[str], errors: dict | None = None, **facts: dict) -> Measurement:
        monkeypatch.setattr(tfma, "load_metrics", lambda uri: [metrics(text) for text in slices])
        statistics = {"broken": {"candidate": 0}, "alike": {}, "errors": errors or {}, "base": BASE}
        statistics["supports"] = dict.fromkeys(errors or {}, ROWS)
        return read_measurement("somewhere", RowStatistics.model_validate(statistics | facts), 0.9)

    return call


def test_one_model_is_the_candidate_by_our_names(read) -> None:
    ours = {"auc": 1, "auc_pr": 2, "logloss": 3, "accuracy": 4, "calibration": 5, "rmse": 6, "mae": 7, "rows": 8}
    whole = read([" ".join(value(name, number) for name, number in ours.items())]).whole
    assert whole.values() == {"candidate": ours}
    assert whole.rows == 8
    # Nothing is known of their noise.
    assert whole.intervals() == {"candidate": {}}


def test_two_models_and_the_change(read) -> None:
    measurement = read(
        [
            value("auc", 0.9, "candidate")
            + value("auc", 0.75, "baseline")
            + value("auc", 0.15, "candidate", is_diff=True)
            + value("recall", 0.5, "candidate")
        ],
        {"": {"candidate": {"auc": 0.125}, "baseline": {"auc": None}, "change": {"auc": 0.25}}},
    ).whole
    own, change = estimate("auc", 0.9, 0.125, SUPPORTS, 0.9), estimate_change("auc", 0.15, 0.25, SUPPORTS, 0.9)
    assert (measurement.candidate, measurement.change) == ({"auc": own}, {"auc": change})
    # No AUC is more than 1; a change may be less than 0.
    assert own.high < 1
    assert change.low < 0
    assert math.isnan(measurement.baseline["auc"].low)
    assert math.isnan(measurement.baseline["auc"].high)
    assert measurement.values() == {"candidate": {"auc": 0.9, "rows": 0}, "baseline": {"auc": 0.75, "rows": 0}}
    assert measurement.intervals() == {
        "candidate": {"auc": (own.low, own.high)},
        "baseline": {},
        "change": {"auc": (change.low, change.high)},
    }


def test_without_what_it_was_estimated_from_an_interval_is_not_known(read) -> None:
    metrics = read([value("auc", 0.9)], {"": {"candidate": {"auc": 0.1}}}, supports={}).whole
    assert not metrics.candidate["auc"].known


def test_slices_are_named_by_feature_and_value(read) -> None:
    def gender(code: str) -> str:
        key = f'slice_key {{ single_slice_keys {{ column: "gender" bytes_value: "{code}" }} }}'
        return key + value("auc", 0.7) + value("rows", 3)

    measurement = read([value("auc", 0.9), gender("F")], {"gender=F": {"candidate": {"auc": 0.0}}})
    sure = estimate("auc", 0.7, 0.0, SUPPORTS, 0.9)
    assert measurement.slices == {"gender=F": Part(3, {"auc": sure}, supports=SUPPORTS)}


def test_the_area_of_one_class_is_no_number(read) -> None:
    """TFMA calls it 0."""
    measurement = read([value("auc", 0.0) + value("logloss", 0.25) + value("rows", 3)], alike={"": 1.0})
    assert measurement.label == 1.0
    assert math.isnan(measurement.whole.candidate["auc"].value)
    assert measurement.whole.candidate["logloss"].value == 0.25
    assert read([value("auc", 0.0)], alike={"a=b": 1.0}).label is None


def test_a_baseline_whose_scores_are_no_numbers_is_none(read) -> None:
    models = [value("auc", 0.9, "candidate") + value("auc", 0.75, "baseline") + value("auc", 0.1, "candidate", True)]
    measurement = read(models, broken={"candidate": 2, "baseline": 1})
    assert (measurement.broken, measurement.whole.baseline, measurement.whole.change) == (2, {}, {})


def test_nothing_measured(read) -> None:
    assert read([]).whole == Part(0)
