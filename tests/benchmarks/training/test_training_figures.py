"""What a training and a step are said to cost: worked out by hand."""

from __future__ import annotations

import pytest

from benchmarks.harness.figures import Figure
from benchmarks.training import estimator, step_cost, workers
from benchmarks.training.estimator import Run


def _run(rate: float, seconds: float, auc: float, later: float = 1.0) -> Run:
    return Run(rate, later, seconds, auc, 0.5, {}, {})


def _holds(figures: list[Figure]) -> dict[str, bool | None]:
    return {figure.name: figure.holds for figure in figures}


def _values(figures: list[Figure]) -> dict[str, float]:
    return {figure.name: figure.value for figure in figures}


def test_the_estimators_are_compared_round_by_round() -> None:
    ours = [_run(20, 10, 0.80, 40), _run(30, 30, 0.70, 60), _run(10, 20, 0.90, 10)]
    theirs = [_run(10, 5, 0.75, 10), _run(10, 60, 0.71, 10), _run(10, 10, 0.70, 10)]
    figures = estimator.figures("time", 256, ours, theirs)
    # Rates 2, 3, 1, and 4, 6, 1 without the first pass; differences 0.05, -0.01, 0.2; times 0.5, 2, 0.5: the medians.
    assert _values(figures) == {
        "estimator_time_examples_per_second": 2,
        "estimator_time_examples_per_second_after_the_first_pass": 4,
        "estimator_time_test_auc_difference": pytest.approx(0.05),
        "estimator_time_raw_rows_to_model": 0.5,
    }
    assert list(_holds(figures).values()) == [False, True, True, False]


def test_the_first_pass_reads_and_builds_and_the_later_ones_do_not() -> None:
    passes = [{"seconds": 6.0, "examples": 10}, {"seconds": 2.0, "examples": 10}, {"seconds": 2.0, "examples": 10}]
    assert (estimator.rate(passes), estimator.rate(passes[1:])) == (3.0, 5.0)


def test_an_auc_just_below_theirs_is_allowed() -> None:
    [_, _, near, _] = estimator.figures("time", 256, [_run(1, 1, 0.7485)], [_run(1, 1, 0.75)])
    [_, _, far, _] = estimator.figures("time", 256, [_run(1, 1, 0.7475)], [_run(1, 1, 0.75)])
    assert (near.holds, far.holds) == (True, False)


def test_a_step_is_compared_by_its_medians_and_only_ours_has_a_goal() -> None:
    times = {
        "ours": {10_000: [2.0, 9.0, 1.0], 1_000_000: [2.0, 2.0, 2.0], 10_000_000: [3.2, 3.2, 0.1]},
        "other": {10_000: [1.0], 1_000_000: [1.0], 10_000_000: [9.0]},
    }
    own, other = (step_cost.figure(name, times) for name in times)
    assert (own.value, own.holds, own.against) == (1.6, False, "other")
    assert own.details["milliseconds"] == {10_000: 2.0, 1_000_000: 2.0, 10_000_000: 3.2}
    assert (other.value, other.holds, other.against) == (9.0, None, "ours")


def test_workers_are_compared_by_late_epochs_and_by_what_more_epochs_cost() -> None:
    def training(cpu: float, *rates: float) -> workers.Training:
        return workers.Training([{"examples": 100, "seconds": 100 / rate, "auc": 0.8} for rate in rates], cpu)

    short = training(20.0, 1, 1)
    pairs = {
        (256, 1): [(short, training(20.5, 1, 40, 60, 50, 50, 50))],
        (256, 2): [(short, training(21.0, 1, 30, 20, 25, 25, 25))],
    }
    by_time, by_cpu = workers.figures(256, pairs)
    assert by_time.details["examples_per_second"] == {1: pytest.approx(50), 2: pytest.approx(25)}
    # Half a second, and one, for the 400 examples of the four epochs more.
    assert by_cpu.details["cpu_seconds_per_million_examples"] == {1: pytest.approx(1250), 2: pytest.approx(2500)}
    assert (by_time.value, by_cpu.value) == (pytest.approx(0.5), pytest.approx(2))
