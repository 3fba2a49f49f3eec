"""Bounds as a person writes them, and what TFMA's own validation then lets pass."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.evaluators import metrics_validator
from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2

from components.errors import ConfigError
from components.evaluator.config import make_config
from components.evaluator.options import EvaluationOptions
from components.features.spec import FeatureSpec, Label
from components.features.strict import parse
from components.metrics import in_order

SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "liked"},
        "features": [
            {
                "key": key,
                "kind": "categorical",
                "side": "context",
                "transform": {"hash": {"buckets": 9}},
                "wide": True,
                "slice": key != "item",
            }
            for key in ("gender", "city", "item")
        ],
    }
)
REGRESSION = SPEC.model_copy(update={"label": Label(key="price", kind="regression")})
MULTICLASS = SPEC.model_copy(update={"label": Label(key="genre", kind="multiclass", classes=5)})
OVERALL: tuple[()] = ()
WOMEN = (("gender", "F"),)


def config(bounds: dict[str, Any] | None, baseline: bool, spec: FeatureSpec = SPEC) -> config_pb2.EvalConfig:
    """As TFX's Evaluator uses it: in a first run, without a baseline, nothing is compared."""
    options = parse(EvaluationOptions, {"bounds": bounds}, "p.yaml")
    return tfma.utils.update_eval_config_with_defaults(
        make_config(spec, options), has_baseline=baseline, rubber_stamp=not baseline
    )


def passes(
    bounds: dict[str, Any] | None,
    metric: str,
    value: float,
    change: float | None = None,
    at: Any = OVERALL,
    spec: FeatureSpec = SPEC,
) -> bool:
    """Whether TFMA passes a candidate with this value, `change` being candidate minus baseline."""
    model = "" if change is None else tfma.CANDIDATE_KEY
    key = metric_types.MetricKey(name=metric, model_name=model)
    metrics = {key: value}
    if change is not None:
        metrics |= {key.make_diff_key(): change, key.make_baseline_key(tfma.BASELINE_KEY): value - change}
    result = metrics_validator.validate_metrics((at, metrics), config(bounds, baseline=change is not None, spec=spec))
    return not result.metric_validations_per_slice


@pytest.mark.parametrize(
    ("bound", "value", "passed"),
    [
        ({"at_least": 0.7}, 0.7, True),
        ({"at_least": 0.7}, 0.69, False),
        ({"at_most": 0.9}, 0.9, True),
        ({"at_most": 0.9}, 0.91, False),
        ({"at_least": 0.7, "at_most": 0.9}, 0.8, True),
        ({"at_least": 0.7, "at_most": 0.9}, 0.6, False),
        ({"at_least": 0.7, "at_most": 0.9}, 0.95, False),
    ],
)
@pytest.mark.parametrize("metric", ["auc", "logloss", "accuracy", "calibration"])
def test_bounds_of_value_hold_for_any_metric(metric, bound, value, passed):
    assert passes({metric: bound}, metric, value) is passed


@pytest.mark.parametrize(
    ("metric", "change", "passed"),
    [
        # More is better: a little less is allowed, any more is.
        ("auc", -0.009, True),
        ("auc", -0.011, False),
        ("auc", 0.3, True),
        ("accuracy", -0.011, False),
        ("accuracy", 0.3, True),
        # Less is better.
        ("logloss", 0.009, True),
        ("logloss", 0.011, False),
        ("logloss", -0.3, True),
    ],
)
def test_worse_knows_each_metric_s_direction(metric, change, passed):
    assert passes({metric: {"worse_by_at_most": 0.01}}, metric, 0.5, change) is passed


@pytest.mark.parametrize(
    ("spec", "metric", "value", "change", "passed"),
    [
        # A hundredth of the last blessed model's 50 and 0.5.
        (REGRESSION, "rmse", 50.5, 0.5, True),
        (REGRESSION, "rmse", 50.6, 0.6, False),
        (REGRESSION, "mae", 20.0, -30.0, True),
        (SPEC, "auc", 0.496, -0.004, True),
        (SPEC, "auc", 0.494, -0.006, False),
    ],
)
def test_worse_by_a_share_of_the_last_models_value(spec, metric, value, change, passed):
    assert passes({metric: {"worse_by_share_at_most": 0.01}}, metric, value, change, spec=spec) is passed


def test_share_and_difference_both_hold():
    bounds = {"rmse": {"worse_by_at_most": 0.3, "worse_by_share_at_most": 0.01}}
    assert passes(bounds, "rmse", 50.2, 0.2, spec=REGRESSION)
    assert not passes(bounds, "rmse", 50.4, 0.4, spec=REGRESSION)
    assert not passes(bounds, "rmse", 10.2, 0.2, spec=REGRESSION)


def test_no_worse_at_all_may_be_asked():
    bounds = {"auc": {"worse_by_at_most": 0}}
    assert passes(bounds, "auc", 0.8, 0.0)
    assert not passes(bounds, "auc", 0.8, -1e-4)


def test_value_and_change_both_hold():
    bounds = {"auc": {"at_least": 0.7, "worse_by_at_most": 0.01}}
    assert passes(bounds, "auc", 0.75, -0.005)
    assert not passes(bounds, "auc", 0.65, -0.005)
    assert not passes(bounds, "auc", 0.75, -0.05)


def test_without_a_baseline_nothing_is_compared():
    bounds = {"auc": {"at_least": 0.7, "worse_by_at_most": 0.01}}
    assert passes(bounds, "auc", 0.75)
    assert not passes(bounds, "auc", 0.65)


def test_bounds_on_changes_alone_bless_a_first_model_whose_metric_is_a_number():
    bounds = {"rmse": {"worse_by_share_at_most": 0.01}}
    assert metric_thresholds(bounds) == {"rmse"}
    assert passes(bounds, "rmse", 1e300, spec=REGRESSION)
    assert not passes(bounds, "rmse", math.nan, spec=REGRESSION)
    assert not passes(bounds, "rmse", math.inf, spec=REGRESSION)


def metric_thresholds(bounds: dict[str, Any]) -> set[str]:
    """The metrics that a first run, without a baseline, is validated by; TFMA blesses nothing where there is none."""
    first = config(bounds, baseline=False, spec=REGRESSION)
    return {key.name for key in metric_specs.metric_thresholds_from_metrics_specs(first.metrics_specs, first)}


def test_a_bound_asks_for_its_own_metric_alone():
    bounds = {"auc": {"at_least": 0.7}}
    metrics = {metric_types.MetricKey(name="auc"): 0.8, metric_types.MetricKey(name="logloss"): 99.0}
    result = metrics_validator.validate_metrics((OVERALL, metrics), config(bounds, baseline=False))
    assert not result.metric_validations_per_slice
    # TFMA refuses where the metric itself is not there.
    assert not passes(bounds, "logloss", 0.1)


def test_bounds_are_of_all_rows_and_not_of_a_slice():
    bounds = {"auc": {"at_least": 0.7}}
    assert not passes(bounds, "auc", 0.65)
    assert passes(bounds, "auc", 0.65, at=WOMEN)


def test_slices_are_those_that_the_declaration_flags():
    slices = [list(one.feature_keys) for one in config({"auc": {"at_least": 0.5}}, baseline=False).slicing_specs]
    assert slices == [[], ["gender"], ["city"]]


@pytest.mark.parametrize("weight", [None, "importance"])
def test_the_served_signature_is_evaluated_with_label_and_weight(weight):
    spec = SPEC.model_copy(update={"weight": weight})
    (model,) = config({"auc": {"at_least": 0.5}}, baseline=False, spec=spec).model_specs
    assert (model.signature_name, model.label_key, model.prediction_key) == ("serving_default", "liked", "score")
    assert model.example_weight_key == (weight or "")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (SPEC, ["auc", "auc_pr", "logloss", "accuracy", "calibration"]),
        (REGRESSION, ["rmse", "mae", "calibration"]),
        (MULTICLASS, ["logloss", "accuracy"]),
    ],
)
def test_each_kind_of_label_has_its_metrics_the_main_one_first(spec, expected):
    measured, counted = config(None, baseline=False, spec=spec).metrics_specs
    names = [json.loads(one.config)["name"] for one in measured.metrics]
    assert names == expected == in_order(reversed(names))
    assert [json.loads(one.config)["name"] for one in counted.metrics] == ["rows"]


# A little within, and a little beyond, each bound that holds where none is set. Equal chances of five classes have a
# log loss of log(5).
@pytest.mark.parametrize(
    ("spec", "metric", "good", "bad"),
    [
        (SPEC, "auc", (0.51, None), (0.49, None)),
        (SPEC, "auc", (0.8, -0.004), (0.8, -0.006)),
        (SPEC, "logloss", (0.8, 0.009), (0.8, 0.011)),
        (REGRESSION, "rmse", (5.045, 0.045), (5.055, 0.055)),
        (MULTICLASS, "logloss", (math.log(5) - 0.01, None), (math.log(5) + 0.01, None)),
        (MULTICLASS, "logloss", (1.0, 0.009), (1.0, 0.011)),
        (MULTICLASS, "accuracy", (0.8, -0.004), (0.8, -0.006)),
    ],
)
def test_bounds_where_none_are_set(spec, metric, good, bad):
    default = EvaluationOptions().bounds_of(spec.label)
    alone = {metric: default[metric].model_dump()}
    assert passes(alone, metric, *good, spec=spec)
    assert not passes(alone, metric, *bad, spec=spec)


@pytest.mark.parametrize("spec", [SPEC, REGRESSION, MULTICLASS])
def test_bounds_where_none_are_set_are_those_of_the_label(spec):
    default = EvaluationOptions().bounds_of(spec.label)
    (measured, _) = config(None, baseline=True, spec=spec).metrics_specs
    bounded = {json.loads(one.config)["name"] for one in measured.metrics if one.per_slice_thresholds}
    assert bounded == default.keys()


@pytest.mark.parametrize(
    ("spec", "metric", "known"),
    [
        (REGRESSION, "auc", "a regression label has no 'auc': it has rmse, mae, calibration."),
        (MULTICLASS, "calibration", "a multiclass label has no 'calibration': it has logloss, accuracy."),
        (SPEC, "rmse", "a binary label has no 'rmse': it has auc, auc_pr, logloss, accuracy, calibration."),
    ],
)
def test_a_bound_on_a_metric_of_another_kind_of_label_is_refused(spec, metric, known):
    with pytest.raises(ConfigError) as caught:
        config({metric: {"at_least": 0.5}}, baseline=False, spec=spec)
    assert str(caught.value) == f"evaluation.bounds: {known}"


_NO_BOUND = "p.yaml: without any bound no model could ever be blessed: give at least one"


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"auk": {"at_least": 0.5}}, "p.yaml: unknown metric 'auk': did you mean 'auc'?"),
        (
            {"ndcg": {"at_least": 0.5}},
            "p.yaml: unknown metric 'ndcg': known are: accuracy, auc, auc_pr, calibration, logloss, mae, rmse",
        ),
        ({"auc": {"atleast": 0.5}}, "p.yaml: bounds.auc: unknown key 'atleast': did you mean 'at_least'?"),
        (
            {"calibration": {"worse_by_at_most": 0.1}},
            "p.yaml: 'calibration' has no better or worse: give it at_least and at_most",
        ),
        (
            {"calibration": {"worse_by_share_at_most": 0.1}},
            "p.yaml: 'calibration' has no better or worse: give it at_least and at_most",
        ),
        (
            {"auc": {"worse_by_at_most": -0.1}},
            "p.yaml: bounds.auc.worse_by_at_most: Input should be greater than or equal to 0 (it is -0.1)",
        ),
        ({"auc": {"at_least": 0.9, "at_most": 0.8}}, "p.yaml: bounds.auc: nothing is at least 0.9 and at most 0.8"),
        ({}, _NO_BOUND),
        ({"auc": {}}, _NO_BOUND),
        ({"auc": {"at_least": None}}, _NO_BOUND),
    ],
)
def test_bounds_that_make_no_sense_are_refused(bounds, message):
    with pytest.raises(ConfigError) as caught:
        parse(EvaluationOptions, {"bounds": bounds}, "p.yaml")
    assert str(caught.value) == message
