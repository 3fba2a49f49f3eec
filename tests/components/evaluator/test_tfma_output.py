"""TFMA's records with our intervals."""

from __future__ import annotations

import math

import pytest
import tensorflow_model_analysis as tfma
from google.protobuf import text_format
from tensorflow_model_analysis.proto import metrics_for_slice_pb2

from widedeep.components.evaluator.measurement import Estimate, Measurement, Part, RowStatistics
from widedeep.components.evaluator.statistics.jackknife import half_width
from widedeep.components.evaluator.tfma_output import read_measurement


def metrics(text: str) -> metrics_for_slice_pb2.MetricsForSlice:
    return text_format.Parse(text, metrics_for_slice_pb2.MetricsForSlice())


def value(name: str, number: float, model: str = "", is_diff: bool = False) -> str:
    key = f'name: "{name}" model_name: "{model}" is_diff: {str(is_diff).lower()}'
    return f"metric_keys_and_values {{ key {{ {key} }} value {{ double_value {{ value: {number} }} }} }}"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch):
    def call(slices: list[str], errors: dict | None = None, **facts: dict) -> Measurement:
        monkeypatch.setattr(tfma, "load_metrics", lambda uri: [metrics(text) for text in slices])
        statistics = {"broken": {"candidate": 0}, "alike": {}, "errors": errors or {}}
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
    found = read(
        [
            value("auc", 0.9, "candidate")
            + value("auc", 0.75, "baseline")
            + value("auc", 0.15, "candidate", is_diff=True)
            + value("recall", 0.5, "candidate")
        ],
        {"": {"candidate": {"auc": 0.125}, "baseline": {"auc": None}, "change": {"auc": 0.25}}},
    ).whole
    near = half_width(0.125, 0.9)
    # No AUC is more than 1; a change may be less than 0.
    assert near > 0.1
    assert found.candidate == {"auc": Estimate(0.9, 0.9 - near, 1.0)}
    assert found.change == {"auc": Estimate(0.15, 0.15 - 2 * near, 0.15 + 2 * near)}
    assert math.isnan(found.baseline["auc"].low)
    assert math.isnan(found.baseline["auc"].high)
    assert found.values() == {"candidate": {"auc": 0.9, "rows": 0}, "baseline": {"auc": 0.75, "rows": 0}}
    assert found.intervals() == {
        "candidate": {"auc": (0.9 - near, 1.0)},
        "baseline": {},
        "change": {"auc": (0.15 - 2 * near, 0.15 + 2 * near)},
    }


@pytest.mark.parametrize(("name", "least"), [("logloss", 0), ("rmse", 0), ("calibration", -1)])
def test_an_interval_ends_where_the_metric_does(read, name, least) -> None:
    whole = read([value(name, 0.5)], {"": {"candidate": {name: 1.5 / half_width(1, 0.9)}}}).whole
    assert whole.candidate[name].low == pytest.approx(least)
    assert whole.candidate[name].high == pytest.approx(2.0)


def test_slices_are_named_by_feature_and_value(read) -> None:
    def gender(code: str) -> str:
        key = f'slice_key {{ single_slice_keys {{ column: "gender" bytes_value: "{code}" }} }}'
        return key + value("auc", 0.7) + value("rows", 3)

    found = read([value("auc", 0.9), gender("F")], {"gender=F": {"candidate": {"auc": 0.0}}})
    assert found.slices == {"gender=F": Part(3, {"auc": Estimate(0.7, 0.7, 0.7)})}


def test_the_area_of_one_class_is_no_number(read) -> None:
    """TFMA calls it 0."""
    found = read([value("auc", 0.0) + value("logloss", 0.25) + value("rows", 3)], alike={"": 1.0})
    assert found.label == 1.0
    assert math.isnan(found.whole.candidate["auc"].value)
    assert found.whole.candidate["logloss"].value == 0.25
    assert read([value("auc", 0.0)], alike={"a=b": 1.0}).label is None


def test_a_baseline_whose_scores_are_no_numbers_is_none(read) -> None:
    models = [value("auc", 0.9, "candidate") + value("auc", 0.75, "baseline") + value("auc", 0.1, "candidate", True)]
    found = read(models, broken={"candidate": 2, "baseline": 1})
    assert (found.broken, found.whole.baseline, found.whole.change) == (2, {}, {})


def test_nothing_measured(read) -> None:
    assert read([]).whole == Part(0)
