"""What makes a model good enough, in words."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.evaluator.checks.base_rate import Learned
from widedeep.components.evaluator.evaluation_options import EvaluationOptions
from widedeep.components.evaluator.measurement import (
    BaseComparison,
    Estimate,
    ListCounts,
    Measurement,
    Part,
    Support,
    Supports,
)
from widedeep.components.evaluator.verdict import Verdict, judge
from widedeep.components.features.spec import Label

BINARY, NUMBER, CLASSES = (
    Label(key="y"),
    Label(key="y", kind="regression"),
    Label(key="y", kind="multiclass", classes=5),
)
NAN = math.nan


def part(metric: str, change: tuple[float, float, float] | None, value: float = 0.8, rows: float = 1000) -> Part:
    """A candidate with a value give or take 0.01, and its change from a baseline."""
    candidate = {metric: Estimate(value, value - 0.01, value + 0.01)}
    if change is None:
        return Part(rows, candidate)
    before = value - change[0]
    return Part(rows, candidate, {metric: Estimate(before, before - 0.01, before + 0.01)}, {metric: Estimate(*change)})


def judged(
    bounds: dict[str, Any] | None,
    whole: Part,
    parts: dict[str, Part] | None = None,
    label: Label = BINARY,
    same: float | None = None,
    broken: int = 0,
    **options: Any,
) -> Verdict:
    made = EvaluationOptions.model_validate({"bounds": bounds, **options})
    return judge(made, label, Measurement(whole, parts or {}, same, broken))


@pytest.mark.parametrize(
    ("bound", "refused"),
    [
        ({"at_least": 0.79}, None),
        ({"at_least": 0.791}, "at least 0.791 is needed at its lower end"),
        ({"at_least": 0.81}, "at least 0.81 is needed"),
        ({"at_most": 0.81}, None),
        ({"at_most": 0.809}, "at most 0.809 is allowed at its upper end"),
        ({"at_most": 0.79}, "at most 0.79 is allowed"),
        ({"at_least": 0.7, "at_most": 0.9}, None),
        ({"at_least": 0.85, "at_most": 0.9}, "at least 0.85 is needed"),
    ],
)
@pytest.mark.parametrize("metric", ["auc", "logloss", "calibration"])
def test_a_value_bound_holds_the_worse_end(metric, bound, refused) -> None:
    """0.79 to 0.81."""
    verdict = judged({metric: bound}, part(metric, None))
    said = f"{metric} is 0.8000 (95 % interval: 0.7900 to 0.8100), {refused}"
    assert verdict == Verdict([said] if refused else [], [])


@pytest.mark.parametrize(
    ("metric", "change", "refused", "warned"),
    [
        # More is better: a loss is below 0.
        ("auc", (-0.02, -0.03, -0.011), True, False),
        ("auc", (-0.02, -0.03, -0.01), False, True),
        ("auc", (0.001, -0.011, 0.02), False, True),
        ("auc", (-0.005, -0.01, 0.0), False, False),
        ("auc", (0.3, 0.2, 0.4), False, False),
        # Less is better: a loss is above 0.
        ("logloss", (0.02, 0.011, 0.03), True, False),
        ("logloss", (0.02, 0.01, 0.03), False, True),
        ("logloss", (0.005, 0.0, 0.01), False, False),
        ("logloss", (-0.3, -0.4, -0.2), False, False),
    ],
)
def test_a_comparison_refuses_where_the_whole_interval_is_beyond(metric, change, refused, warned) -> None:
    verdict = judged({metric: {"worse_by_at_most": 0.01}}, part(metric, change))
    assert (bool(verdict.refusals), bool(verdict.warnings)) == (refused, warned)


def test_a_comparison_in_words() -> None:
    bounds = {"auc": {"worse_by_at_most": 0.005}}
    assert judged(bounds, part("auc", (-0.01, -0.013, -0.007))).refusals == [
        "auc is 0.0100 lower than the last blessed model's (95 % interval of the change: -0.0130 to -0.0070), "
        "at most 0.005 is allowed"
    ]
    assert judged(bounds, part("auc", (0.001, -0.007, 0.009))).warnings == [
        "auc is 0.0010 higher than the last blessed model's (95 % interval of the change: -0.0070 to +0.0090): "
        "the rows don't settle whether it is worse by more than 0.005"
    ]
    assert judged({"logloss": {"worse_by_at_most": 0.01}}, part("logloss", (0.02, 0.015, 0.025))).refusals == [
        "logloss is 0.0200 higher than the last blessed model's (95 % interval of the change: +0.0150 to +0.0250), "
        "at most 0.01 is allowed"
    ]


def test_the_confidence_is_said() -> None:
    verdict = judged({"auc": {"at_least": 0.81}}, part("auc", None), confidence=0.999)
    assert "(99.9 % interval: 0.7900 to 0.8100)" in verdict.refusals[0]


@pytest.mark.parametrize(
    ("low", "said"),
    [
        (0.79, None),
        (0.7, "gauc is 0.8000 (95 % interval: 0.7000 to 0.8100), at least 0.75 is needed at its lower end"),
        (
            NAN,
            "gauc is 0.8000, but only 4 of the 9 lists of one 'user' have rows of both labels: too few to tell how "
            "sure that is",
        ),
    ],
)
def test_metrics_of_lists_are_bound_as_others_are(low, said) -> None:
    whole = Part(1000, {"gauc": Estimate(0.8, low, 0.81)})
    counts = ListCounts(by="user", lists=9, counted=4, rows_outside=0)
    options = EvaluationOptions.model_validate({"bounds": {"gauc": {"at_least": 0.75}}, "group_by": "user"})
    verdict = judge(options, BINARY, Measurement(whole, {}, lists=counts))
    assert verdict.refusals == ([said] if said else [])


def test_no_worse_at_all_may_be_asked() -> None:
    """Two equal models have no change and no noise in it."""
    bounds = {"auc": {"worse_by_at_most": 0}}
    assert judged(bounds, part("auc", (0.0, 0.0, 0.0))) == Verdict()
    assert judged(bounds, part("auc", (-1e-4, -2e-4, -1e-5))).refusals


@pytest.mark.parametrize(
    ("change", "refusals", "warnings"),
    [
        # Of 50, a hundredth is 0.5.
        ((0.6, 0.51, 0.7), 1, 0),
        ((0.6, 0.4, 0.8), 0, 1),
        ((0.4, 0.3, 0.5), 0, 0),
        ((-30.0, -31.0, -29.0), 0, 0),
    ],
)
def test_a_share_is_of_the_last_models_value(change, refusals, warnings) -> None:
    bounds = {"rmse": {"worse_by_share_at_most": 0.01}}
    verdict = judged(bounds, part("rmse", change, value=50 + change[0]), label=NUMBER)
    assert (len(verdict.refusals), len(verdict.warnings)) == (refusals, warnings)


def test_a_share_in_words() -> None:
    verdict = judged(
        {"rmse": {"worse_by_share_at_most": 0.01}}, part("rmse", (0.6, 0.55, 0.65), value=50.6), label=NUMBER
    )
    assert verdict.refusals == [
        "rmse is 1.20 % higher than the last blessed model's (95 % interval of the change: +1.10 % to +1.30 %), "
        "at most 1 % is allowed"
    ]


def test_a_share_of_nothing_has_no_end() -> None:
    """The last model made no error at all."""
    bounds = {"rmse": {"worse_by_share_at_most": 0.01}}
    verdict = judged(bounds, part("rmse", (0.6, 0.5, 0.7), value=0.6), label=NUMBER)
    assert verdict.refusals[0].startswith("rmse is inf % higher than the last blessed model's")
    assert judged(bounds, part("rmse", (0.0, 0.0, 0.0), value=0.0), label=NUMBER).refusals == []


def test_share_and_difference_are_both_held() -> None:
    bounds = {"rmse": {"worse_by_at_most": 0.3, "worse_by_share_at_most": 0.01}}
    small = judged(bounds, part("rmse", (0.4, 0.35, 0.45), value=50.4), label=NUMBER)
    assert [said.split(", at most ")[1] for said in small.refusals] == ["0.3 is allowed"]
    large = judged(bounds, part("rmse", (0.2, 0.15, 0.25), value=10.2), label=NUMBER)
    assert [said.split(", at most ")[1] for said in large.refusals] == ["1 % is allowed"]


def test_without_a_baseline_only_values_count() -> None:
    bounds = {"auc": {"at_least": 0.7, "worse_by_at_most": 0.0}}
    slices = {"min_rows": 1, "worse_by_at_most": 0.0}
    assert judged(bounds, part("auc", None), {"a=b": part("auc", None)}, slices=slices) == Verdict()


@pytest.mark.parametrize("value", [NAN, math.inf])
def test_what_is_no_number_is_refused(value) -> None:
    """Also where only its change is bounded."""
    whole = Part(10, {"auc": Estimate(value, NAN, NAN)})
    assert judged({"auc": {"worse_by_at_most": 0.1}}, whole).refusals == [f"auc is {value}, which is no number"]


def test_what_is_missing_is_refused() -> None:
    assert judged({"auc": {"at_least": 0.1}}, Part(10, {})).refusals == ["auc was not measured"]


def test_a_value_without_an_interval_passes_no_bound() -> None:
    whole = Part(12, {"auc": Estimate(0.9, NAN, NAN)})
    assert judged({"auc": {"at_least": 0.1}}, whole).refusals == [
        "auc is 0.9000, but 12 rows are too few to tell how sure that is"
    ]
    assert judged({"auc": {"worse_by_at_most": 0.1}}, whole) == Verdict()


def test_a_change_without_an_interval_blocks_nothing() -> None:
    whole = part("auc", (-0.2, NAN, NAN))
    verdict = judged({"auc": {"worse_by_at_most": 0.1}}, whole)
    assert verdict.refusals == []
    assert verdict.warnings == [
        "auc is 0.2000 lower than the last blessed model's (too few rows to tell its interval): "
        "the rows don't settle whether it is worse by more than 0.1"
    ]


def test_a_baseline_that_is_no_number_is_not_compared() -> None:
    nothing = {"auc": Estimate(NAN, NAN, NAN)}
    whole = Part(10, {"auc": Estimate(0.8, 0.7, 0.9)}, nothing, nothing)
    assert judged({"auc": {"worse_by_at_most": 0.1}}, whole) == Verdict()


def test_scores_that_are_no_numbers_are_refused() -> None:
    assert judged(None, part("auc", None), broken=1234).refusals == [
        "for 1,234 of 1,000 rows the model's score is no number"
    ]


@pytest.mark.parametrize("label", [BINARY, NUMBER, CLASSES])
def test_equal_labels_are_no_test(label) -> None:
    """One sentence, and not one for each metric that is no number for it."""
    whole = Part(1234, {"auc": Estimate(NAN, NAN, NAN)})
    verdict = judged(None, whole, label=label, same=1.0, split="eval")
    assert verdict.refusals == [
        "all 1,234 rows of 'eval' have the label 1: on such rows it can't be measured how good a model is"
    ]


def by_city(**cities: tuple[tuple[float, float, float], float]) -> dict[str, Part]:
    return {f"city={name}": part("auc", change, rows=rows) for name, (change, rows) in cities.items()}


def test_a_slice_that_is_worse_refuses() -> None:
    slices = by_city(Oslo=((-0.08, -0.1, -0.06), 200), Rome=((0.0, -0.01, 0.01), 900))
    verdict = judged(
        {"auc": {"at_least": 0}},
        part("auc", (0.0, -0.01, 0.01)),
        slices,
        slices={"min_rows": 200, "worse_by_at_most": 0.05},
    )
    assert verdict.refusals == [
        "on the 200 rows of city=Oslo auc is 0.0800 lower than the last blessed model's "
        "(95 % interval of the change: -0.1000 to -0.0600), at most 0.05 is allowed"
    ]
    assert verdict.warnings == []


def test_small_slices_are_not_judged() -> None:
    slices = by_city(Oslo=((-0.08, -0.1, -0.06), 199))
    assert judged({"auc": {"at_least": 0}}, part("auc", (0, 0, 0)), slices, slices={"worse_by_at_most": 0}) == Verdict()


def test_slices_that_may_be_worse_are_one_warning() -> None:
    slices = by_city(
        Oslo=((-0.01, -0.06, 0.04), 300),
        Rome=((-0.04, -0.07, -0.01), 300),
        Bonn=((0.01, -0.06, 0.08), 300),
        Bern=((-0.03, -0.07, 0.01), 300),
        Kiel=((0.0, -0.02, 0.02), 300),
    )
    verdict = judged({"auc": {"at_least": 0}}, part("auc", (0, 0, 0)), slices, slices={"worse_by_at_most": 0.05})
    [warning] = verdict.warnings
    assert verdict.refusals == []
    assert warning.startswith("on the 300 rows of city=Rome auc is 0.0400 lower than the last blessed model's (95 %")
    assert [warning.index(f"city={name}") for name in ("Rome", "Bern", "Oslo")] == sorted(
        warning.index(f"city={name}") for name in ("Rome", "Bern", "Oslo")
    )
    assert "Bonn" not in warning
    assert "Kiel" not in warning
    assert warning.endswith("; and 1 more slices: the rows don't settle whether it is worse by more than 0.05")


def test_slices_are_held_to_the_metric_that_is_named() -> None:
    """And to the label's main one where none is."""
    worse = part("logloss", (0.2, 0.1, 0.3), rows=500)
    rule = {"worse_by_at_most": 0.05}
    whole = part("auc", (0, 0, 0))
    assert judged({"auc": {"at_least": 0}}, whole, {"a=b": worse}, slices=rule).refusals == []
    assert judged({"auc": {"at_least": 0}}, whole, {"a=b": worse}, slices=rule | {"metric": "logloss"}).refusals


@pytest.mark.parametrize(
    ("label", "metric", "good", "bad"),
    [
        (BINARY, "auc", (0.52, None), (0.505, None)),
        (BINARY, "auc", (0.8, (-0.006, -0.007, -0.005)), (0.8, (-0.006, -0.007, -0.0051))),
        (BINARY, "logloss", (0.8, (0.011, 0.01, 0.012)), (0.8, (0.012, 0.0101, 0.013))),
        (NUMBER, "rmse", (5.06, (0.06, 0.05, 0.07)), (5.06, (0.06, 0.051, 0.07))),
        (CLASSES, "logloss", (math.log(5) - 0.011, None), (math.log(5) - 0.009, None)),
        (CLASSES, "logloss", (1.0, (0.011, 0.01, 0.012)), (1.0, (0.011, 0.0101, 0.012))),
        (CLASSES, "accuracy", (0.8, (-0.006, -0.007, -0.005)), (0.8, (-0.006, -0.007, -0.0051))),
    ],
)
def test_bounds_where_none_are_set(label, metric, good, bad) -> None:
    """A little within, and a little beyond. Equal chances of five classes have a log loss of log(5)."""
    default = EvaluationOptions().bounds_of(label)
    alone = {metric: default[metric].model_dump()}
    assert judged(alone, part(metric, good[1], good[0]), label=label).refusals == []
    assert judged(alone, part(metric, bad[1], bad[0]), label=label).refusals


NUMBERS = st.floats(-1, 1)
METRICS = st.sampled_from(["auc", "logloss"])


@given(METRICS, NUMBERS, st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.5))
def test_a_model_that_is_surely_better_passes_in_silence(metric, change, below, above, allowed) -> None:
    """And a narrower interval never turns a refusal into a warning."""
    sign = 1 if metric == "auc" else -1
    low, high = change - below, change + above
    verdict = judged({metric: {"worse_by_at_most": allowed}}, part(metric, (change, low, high)))
    worst = sign * (low if sign > 0 else high)
    best = sign * (high if sign > 0 else low)
    assert bool(verdict.refusals) is (-best > allowed)
    assert bool(verdict.warnings) is (-worst > allowed >= -best)


def scarce(groups: float, rows: int) -> Supports:
    every = Support(rows=1000, count=1000.0, groups=50.0)
    return Supports(every=every, rarer=Support(rows=rows, count=float(rows), groups=groups, side="label 1"))


UNKNOWN = {metric: Estimate(0.968, NAN, NAN) for metric in ("auc", "auc_pr", "logloss", "calibration")}
FEW = Part(1000, UNKNOWN, supports=scarce(2.0, 2))
LEARNED = Learned((0.1,), 0, 0, ())


def test_too_few_of_a_label_are_said_once_for_all_metrics() -> None:
    asked = {"auc": {"at_least": 0.5}, "logloss": {"at_most": 9.0}}
    said = "only 2 of the 1,000 rows of 'test' have label 1: too few to tell how good a model is, which takes 5 or more"
    assert judged(asked, FEW) == Verdict([said], [])
    made = EvaluationOptions.model_validate({"bounds": {"auc": {"worse_by_at_most": 0.1}}})
    assert judge(made, BINARY, Measurement(FEW, {}), LEARNED) == Verdict([said], [])


def test_where_no_value_is_asked_for_too_few_are_enough() -> None:
    """What is compared with the last blessed model alone can't pass or fail by noise."""
    asked = {"bounds": {"auc": {"worse_by_at_most": 0.1}}, "beat_base_rate": False}
    made = EvaluationOptions.model_validate(asked)
    assert judge(made, BINARY, Measurement(FEW, {}), LEARNED) == Verdict([], [])


def test_a_slice_with_too_few_of_a_label_is_no_refusal() -> None:
    change = Part(
        300, {"auc": Estimate(0.5, NAN, NAN)}, {"auc": Estimate(0.9, NAN, NAN)}, {"auc": Estimate(-0.4, NAN, NAN)}
    )
    whole = part("auc", (0.0, -0.01, 0.01))
    slices = {"city=Oslo": replace(change, supports=scarce(3.0, 3))}
    verdict = judged({"auc": {"at_least": 0.5}}, whole, slices, slices={"worse_by_at_most": 0.1})
    assert verdict.refusals == []
    assert verdict.warnings == [
        "on the 300 rows of city=Oslo auc is 0.4000 lower than the last blessed model's (too few rows of label 1 to "
        "tell its interval): the rows don't settle whether it is worse by more than 0.1"
    ]


@pytest.mark.parametrize(("asked", "refused"), [(True, 1), (False, 0)])
def test_a_model_must_know_more_than_the_label_s_rate_unless_told_otherwise(asked, refused) -> None:
    base = BaseComparison(metric="logloss", value=0.5, difference=0.1, error=0.01, constant=None, saturated=0)
    whole = replace(part("logloss", None, value=0.6), supports=scarce(40.0, 900))
    made = EvaluationOptions.model_validate({"bounds": {"logloss": {"at_most": 1.0}}, "beat_base_rate": asked})
    verdict = judge(made, BINARY, Measurement(whole, {}, base=base), LEARNED)
    assert [said.startswith("logloss is 0.6000, and the rate of label 1 (0.1)") for said in verdict.refusals] == (
        [True] * refused
    )


def test_a_ratio_to_a_mean_of_0_is_said() -> None:
    whole = Part(1000, {"calibration": Estimate(math.inf, NAN, NAN)})
    assert judged({"calibration": {"at_least": 0.9}}, whole, label=NUMBER).refusals == [
        "calibration is inf, which is no number: it is the mean score over the mean label, which is 0 on these rows"
    ]
