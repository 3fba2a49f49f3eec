"""What TFMA is asked to measure, and bounds as a person writes them."""

from __future__ import annotations

import json

import pytest
from tensorflow_model_analysis.metrics import metric_specs

from widedeep.components.common.errors import ConfigError
from widedeep.components.common.metrics import in_order
from widedeep.components.common.settings import parse
from widedeep.components.evaluator.evaluation_options import EvaluationOptions
from widedeep.components.evaluator.tfma_config import make_config
from widedeep.components.features.spec import FeatureSpec, Label

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


def test_slices_are_those_that_the_declaration_flags():
    slices = [list(slicing.feature_keys) for slicing in make_config(SPEC, has_baseline=False).slicing_specs]
    assert slices == [[], ["gender"], ["city"]]


@pytest.mark.parametrize("weight", [None, "importance"])
def test_the_served_signature_is_evaluated_with_label_and_weight(weight):
    spec = SPEC.model_copy(update={"weight": weight})
    (model,) = make_config(spec, has_baseline=False).model_specs
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
    measured, counted = make_config(spec, has_baseline=False).metrics_specs
    names = [json.loads(metric.config)["name"] for metric in measured.metrics]
    assert names == expected == in_order(reversed(names))
    assert [json.loads(metric.config)["name"] for metric in counted.metrics] == ["rows"]


@pytest.mark.parametrize("spec", [SPEC, REGRESSION, MULTICLASS])
@pytest.mark.parametrize("has_baseline", [True, False])
def test_tfma_judges_nothing(spec, has_baseline):
    """Its thresholds know no intervals."""
    config = make_config(spec, has_baseline)
    assert not metric_specs.metric_thresholds_from_metrics_specs(config.metrics_specs, config)


def test_both_models_are_evaluated_alike():
    candidate, baseline = make_config(SPEC, has_baseline=True).model_specs
    assert (candidate.name, candidate.is_baseline) == ("candidate", False)
    assert (baseline.name, baseline.is_baseline) == ("baseline", True)
    for spec in (candidate, baseline):
        spec.ClearField("name")
        spec.ClearField("is_baseline")
    assert candidate == baseline


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
        EvaluationOptions.model_validate({"bounds": {metric: {"at_least": 0.5}}}).bounds_of(spec.label)
    assert str(caught.value) == f"evaluation.bounds: {known}"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("gendre", "unknown feature 'gendre': did you mean 'gender'?"),
        ("age", "'age' is numeric: give a categorical feature."),
    ],
)
def test_rows_are_grouped_by_a_categorical_feature(key, said):
    made = {
        "gender": ("categorical", {"vocabulary": {}}),
        "age": ("numeric", {"quantile_cdf": {"quantiles": 5}}),
    }
    declared = [
        {"key": name, "kind": kind, "side": "context", "transform": transform, "wide": True}
        for name, (kind, transform) in made.items()
    ]
    spec = FeatureSpec.model_validate({"label": {"key": "y"}, "features": declared})
    for fine in (None, "gender"):
        EvaluationOptions.model_validate({"group_by": fine}).check_group(spec)
    with pytest.raises(ConfigError) as caught:
        EvaluationOptions.model_validate({"group_by": key}).check_group(spec)
    assert str(caught.value) == f"evaluation.group_by: {said}"


@pytest.mark.parametrize(
    ("spec", "options", "said"),
    [
        (SPEC, {"bounds": {"gauc": {"at_least": 0.5}}, "group_by": "city"}, None),
        (SPEC, {"bounds": {"ndcg@5": {"at_least": 0.5}}, "ranking": {"by": "item", "at": [10, 5]}}, None),
        (
            SPEC,
            {"bounds": {"gauc": {"at_least": 0.5}}},
            "bounds: 'gauc' is of lists of rows: name the feature whose rows are one list, as group_by: user_id.",
        ),
        (
            SPEC,
            {"bounds": {"hit@5": {"at_least": 0.5}}, "group_by": "item"},
            "bounds: 'hit@5' is not measured: gauc, mrr, ndcg@10, recall@10, hit@10 are. "
            "evaluation.ranking.at says at which places.",
        ),
        (
            REGRESSION,
            {"bounds": {"gauc": {"at_least": 0.5}}, "group_by": "item"},
            "bounds: a regression label has no 'gauc': it has rmse, mae, calibration.",
        ),
        (
            MULTICLASS,
            {"ranking": {"by": "item"}},
            "ranking.by: lists are judged by labels 0 and 1, and this label is multiclass.",
        ),
        (SPEC, {"ranking": {"by": "itme"}}, "ranking.by: unknown feature 'itme': did you mean 'item'?"),
        (
            SPEC,
            {"slices": {"metric": "gauc", "worse_by_at_most": 0.1}, "group_by": "item"},
            "slices: 'gauc' is of lists, which a slice may cut apart: give auc, auc_pr, logloss, accuracy, "
            "calibration.",
        ),
    ],
)
def test_lists_are_bound_where_they_are_measured(spec, options, said):
    made = EvaluationOptions.model_validate(options)

    def check() -> None:
        made.check_group(spec)
        made.bounds_of(spec.label)
        made.slice_metric(spec.label)

    if said is None:
        check()
        return
    with pytest.raises(ConfigError) as caught:
        check()
    assert str(caught.value) == f"evaluation.{said}"


def test_slices_are_of_a_metric_that_the_label_has():
    """The main one where none is named."""
    rule = {"worse_by_at_most": 0.1}
    metrics = [
        EvaluationOptions.model_validate({"slices": rule}).slice_metric(spec.label)
        for spec in (SPEC, REGRESSION, MULTICLASS)
    ]
    assert metrics == ["auc", "rmse", "logloss"]
    with pytest.raises(ConfigError) as caught:
        EvaluationOptions.model_validate({"slices": rule | {"metric": "auc"}}).slice_metric(REGRESSION.label)
    known = "a regression label has no 'auc': it has rmse, mae, calibration."
    assert str(caught.value) == f"evaluation.slices: {known}"


_NO_BOUND = "p.yaml: without any bound no model could ever be blessed: give at least one"


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"auk": {"at_least": 0.5}}, "p.yaml: unknown metric 'auk': did you mean 'auc'?"),
        (
            {"ndcg": {"at_least": 0.5}},
            "p.yaml: 'ndcg' looks at the first places of a list: say at how many, as ndcg@10",
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
        ({"mrr@10": {"at_least": 0.5}}, "p.yaml: unknown metric 'mrr@10': did you mean 'mrr'?"),
        ({"hit@5": {"at_least": 5}}, "p.yaml: no model has a hit@5 of 5: it is 1 at most"),
        ({"auc": {"at_least": 1.2}}, "p.yaml: no model has an auc of 1.2: it is 1 at most"),
        ({"logloss": {"at_most": -0.5}}, "p.yaml: no model has a logloss of -0.5: it is 0 at least"),
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


@pytest.mark.parametrize(
    ("slices", "message"),
    [
        ({}, "p.yaml: slices: give worse_by_at_most or worse_by_share_at_most"),
        ({"metric": "auk", "worse_by_at_most": 0}, "p.yaml: slices: unknown metric 'auk': did you mean 'auc'?"),
        ({"metric": "calibration", "worse_by_at_most": 0}, "p.yaml: slices: 'calibration' has no better or worse"),
        (
            {"min_rows": 0, "worse_by_at_most": 0},
            "p.yaml: slices.min_rows: Input should be greater than or equal to 1 (it is 0)",
        ),
        ({"rows": 3, "worse_by_at_most": 0}, "p.yaml: slices: unknown key 'rows': did you mean 'min_rows'?"),
    ],
)
def test_slice_bounds_that_make_no_sense_are_refused(slices, message):
    with pytest.raises(ConfigError) as caught:
        parse(EvaluationOptions, {"slices": slices}, "p.yaml")
    assert str(caught.value) == message


@pytest.mark.parametrize("confidence", [1.0, 0.4, 95])
def test_a_confidence_is_a_share(confidence):
    with pytest.raises(ConfigError, match=r"^p\.yaml: confidence: Input should be"):
        parse(EvaluationOptions, {"confidence": confidence}, "p.yaml")
