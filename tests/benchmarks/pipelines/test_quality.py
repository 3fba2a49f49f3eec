"""The joint model beside its halves: worked out by hand."""

from __future__ import annotations

import pytest

from benchmarks.harness.figures import Figure
from benchmarks.pipelines import quality


def _holds(figures: list[Figure]) -> dict[str, bool | None]:
    return {figure.name: figure.holds for figure in figures}


def _values(figures: list[Figure]) -> dict[str, float]:
    return {figure.name: figure.value for figure in figures}


def _row(model: str, auc: float, accuracy: float) -> dict[str, float | str]:
    deviations = {"auc_sd": 0.001, "logloss_sd": 0.002, "accuracy_sd": 0.003}
    return {"model": model, "auc": auc, "logloss": 0.3, "accuracy": accuracy, **deviations}


def test_the_joint_model_is_held_against_the_better_half() -> None:
    rows = [_row("wide", 0.92, 0.85), _row("deep", 0.93, 0.86), _row("wide_deep", 0.926, 0.857)]
    figures = quality.figures_of("census", quality.TASKS["census"], rows, 5)
    assert _values(figures) == {
        "census_auc": 0.926,
        "census_logloss": 0.3,
        "census_accuracy": 0.857,
        "census_joint_over_better_half": pytest.approx(-0.004),
    }
    assert list(_holds(figures).values()) == [True, None, True, False]
    assert figures[0].details["deep"] == {"mean": 0.93, "sd": 0.001}
    assert figures[2].details["wide_deep"] == {"mean": 0.857, "sd": 0.003}


@pytest.mark.parametrize("name", ["movielens", "movielens-random"])
@pytest.mark.parametrize(("auc", "holds"), [(0.7999, False), (0.8, True)])
def test_movielens_has_a_goal_however_it_is_split(name: str, auc: float, holds: bool) -> None:
    rows = [_row("wide", 0.7, 0.7), _row("deep", 0.7, 0.7), _row("wide_deep", auc, 0.7)]
    assert quality.figures_of(name, quality.TASKS[name], rows, 5)[0].holds is holds
