"""Bounds as a person writes them, and what TFMA's own validation then lets pass."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.evaluators import metrics_validator
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2

from components.errors import ConfigError
from components.evaluator.config import make_config
from components.evaluator.options import EvaluationOptions
from components.features.spec import FeatureSpec
from components.features.strict import parse

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
# What TFMA calls our metrics.
NAMES = {"auc": "auc", "logloss": "binary_crossentropy", "accuracy": "binary_accuracy", "calibration": "calibration"}
OVERALL: tuple[()] = ()
WOMEN = (("gender", "F"),)


def config(bounds: dict[str, Any], baseline: bool, spec: FeatureSpec = SPEC) -> config_pb2.EvalConfig:
    """As TFX's Evaluator uses it: in a first run, without a baseline, nothing is compared."""
    options = parse(EvaluationOptions, {"bounds": bounds}, "p.yaml")
    return tfma.utils.update_eval_config_with_defaults(
        make_config(spec, options), has_baseline=baseline, rubber_stamp=not baseline
    )


def passes(bounds: dict[str, Any], metric: str, value: float, change: float | None = None, at: Any = OVERALL) -> bool:
    """Whether TFMA passes a candidate with this value, `change` being candidate minus baseline."""
    model = "" if change is None else tfma.CANDIDATE_KEY
    key = metric_types.MetricKey(name=NAMES[metric], model_name=model)
    metrics = {key: value}
    if change is not None:
        metrics[key.make_diff_key()] = change
    result = metrics_validator.validate_metrics((at, metrics), config(bounds, baseline=change is not None))
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


def test_a_bound_asks_for_its_own_metric_alone():
    bounds = {"auc": {"at_least": 0.7}}
    metrics = {metric_types.MetricKey(name="auc"): 0.8, metric_types.MetricKey(name="binary_crossentropy"): 99.0}
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


def test_all_metrics_are_measured():
    (metrics,) = config({"auc": {"at_least": 0.5}}, baseline=False).metrics_specs
    assert [one.class_name for one in metrics.metrics] == [
        "AUC",
        "AUCPrecisionRecall",
        "BinaryCrossEntropy",
        "BinaryAccuracy",
        "Calibration",
        "ExampleCount",
    ]


_NO_BOUND = "p.yaml: without any bound no model could ever be blessed: give at least one"


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"auk": {"at_least": 0.5}}, "p.yaml: unknown metric 'auk': did you mean 'auc'?"),
        (
            {"ndcg": {"at_least": 0.5}},
            "p.yaml: unknown metric 'ndcg': known are: accuracy, auc, auc_pr, calibration, logloss",
        ),
        ({"auc": {"atleast": 0.5}}, "p.yaml: bounds.auc: unknown key 'atleast': did you mean 'at_least'?"),
        (
            {"calibration": {"worse_by_at_most": 0.1}},
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
