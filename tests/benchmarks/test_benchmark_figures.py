"""The figures say what was measured: worked out by hand."""

from __future__ import annotations

import json
import re

import pytest

from benchmarks.data import transform_scaling
from benchmarks.data.transform_scaling import Cost, Point
from benchmarks.harness.figures import Figure, print_figures
from benchmarks.pipelines import quality
from benchmarks.training import estimator, step_cost
from benchmarks.training.estimator import Run
from widedeep.components.common.errors import WideDeepError


def _run(rate: float, seconds: float, auc: float) -> Run:
    return Run(rate, seconds, auc, 0.5, {}, {})


def _holds(figures: list[Figure]) -> dict[str, bool | None]:
    return {figure.name: figure.holds for figure in figures}


def _values(figures: list[Figure]) -> dict[str, float]:
    return {figure.name: figure.value for figure in figures}


def test_the_estimators_are_compared_round_by_round() -> None:
    ours = [_run(100, 10, 0.80), _run(300, 30, 0.70), _run(50, 20, 0.90)]
    theirs = [_run(10, 50, 0.75), _run(10, 60, 0.71), _run(10, 200, 0.70)]
    figures = estimator.figures("time", ours, theirs)
    # Rates 10, 30, 5; differences 0.05, -0.01, 0.2; times 5, 2, 10: the medians.
    assert _values(figures) == {
        "estimator_time_examples_per_second": 10,
        "estimator_time_test_auc_difference": pytest.approx(0.05),
        "estimator_time_raw_rows_to_model": 5,
    }
    assert list(_holds(figures).values()) == [True, True, False]


def test_an_auc_just_below_theirs_is_allowed() -> None:
    [_, near, _] = estimator.figures("time", [_run(1, 1, 0.7485)], [_run(1, 1, 0.75)])
    [_, far, _] = estimator.figures("time", [_run(1, 1, 0.7475)], [_run(1, 1, 0.75)])
    assert (near.holds, far.holds) == (True, False)


def test_a_step_is_compared_by_its_medians_and_only_ours_has_a_goal() -> None:
    found = {
        "ours": {10_000: [2.0, 9.0, 1.0], 1_000_000: [2.0, 2.0, 2.0], 10_000_000: [3.2, 3.2, 0.1]},
        "other": {10_000: [1.0], 1_000_000: [1.0], 10_000_000: [9.0]},
    }
    own, other = (step_cost.figure(name, found) for name in found)
    assert (own.value, own.holds, own.against) == (1.6, False, "other")
    assert own.details["milliseconds"] == {10_000: 2.0, 1_000_000: 2.0, 10_000_000: 3.2}
    assert (other.value, other.holds, other.against) == (9.0, None, "ours")


def _row(model: str, auc: float, accuracy: float) -> dict[str, float | str]:
    deviations = {"auc_sd": 0.001, "logloss_sd": 0.002, "accuracy_sd": 0.003}
    return {"model": model, "auc": auc, "logloss": 0.3, "accuracy": accuracy, **deviations}


def test_the_joint_model_is_held_against_the_better_half() -> None:
    rows = [_row("wide", 0.91, 0.85), _row("deep", 0.92, 0.86), _row("wide_deep", 0.916, 0.857)]
    figures = quality.figures_of("census", quality.TASKS["census"], rows, 5)
    assert _values(figures) == {
        "census_auc": 0.916,
        "census_logloss": 0.3,
        "census_accuracy": 0.857,
        "census_joint_over_better_half": pytest.approx(-0.004),
    }
    assert list(_holds(figures).values()) == [True, None, True, False]
    assert figures[0].details["deep"] == {"mean": 0.92, "sd": 0.001}
    assert figures[2].details["wide_deep"] == {"mean": 0.857, "sd": 0.003}


def test_only_the_random_split_of_movielens_has_a_goal() -> None:
    rows = [_row("wide", 0.7, 0.7), _row("deep", 0.7, 0.7), _row("wide_deep", 0.7899, 0.7)]
    for name, holds in (("movielens", None), ("movielens-random", False)):
        assert quality.figures_of(name, quality.TASKS[name], rows, 5)[0].holds is holds


def test_transform_is_compared_by_what_its_rows_took() -> None:
    memory, processes = Cost(20.0, 900.0, 800.0), Cost(50.0, 2100.0, 800.0)
    points = [
        Point(1_000, "in_memory", Cost(21.0, 1000.0, 800.0), memory),
        Point(10_000, "in_memory", Cost(30.0, 1100.0, 800.0), memory),
        Point(110_000, "multi_processing", Cost(182.0, 4300.0, 800.0), processes),
    ]
    figures = transform_scaling.figures(points)
    values = _values(figures)
    assert values["transform_rows_per_second_110000"] == pytest.approx(110_000 / 182)
    assert values["transform_peak_memory_10000"] == 1100.0
    # 10 s for 10,000 rows, then 132 s for 110,000, which at the same rate would be 110.
    assert values["transform_time_a_row_10000_to_110000"] == pytest.approx(1.2)
    # 9 s for 9,000 rows more; 2,200 MiB less 200 for 100,000 rows more.
    assert values["transform_extra_row_1000_to_10000"] == pytest.approx(1000)
    assert values["transform_memory_extra_row_10000_to_110000"] == pytest.approx(20.48)
    goals = {figure.name for figure in figures if figure.goal}
    assert goals == {"transform_time_a_row_10000_to_110000"}


@pytest.mark.parametrize(("small", "large"), [(29.0, 39.0), (35.0, 34.0)])
def test_a_machine_too_busy_to_compare_sizes_is_told(small: float, large: float) -> None:
    few = Cost(30.0, 900.0, 800.0)
    sizes = {10_000: small, 100_000: large}
    points = [Point(rows, "in_memory", Cost(seconds, 1.0, 1.0), few) for rows, seconds in sizes.items()]
    took = f"took 30.0 s for 100 rows, {small} s for 10,000, {large} s for 100,000: the machine is too busy"
    with pytest.raises(WideDeepError, match=f"{re.escape(took)}.* Run this again"):
        transform_scaling.figures(points)
    assert len(transform_scaling.figures(points[1:])) == 2


def test_the_last_line_is_the_list_of_figures(capsys: pytest.CaptureFixture[str]) -> None:
    print("before")
    print_figures([Figure("a", 1.23456, "s", "<= 1.2", "b", {"rounds": 3})])
    wanted = {"name": "a", "value": 1.2346, "unit": "s", "goal": "<= 1.2", "holds": False, "against": "b"}
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == [wanted | {"details": {"rounds": 3}}]
