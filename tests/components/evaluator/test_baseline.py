"""Which model the candidate is compared with."""

from __future__ import annotations

from typing import Any

import pytest
from tfx.types import artifact, standard_artifacts

from components.evaluator.baseline import LatestOtherBlessedModel


def model(number: int) -> standard_artifacts.Model:
    made = standard_artifacts.Model()
    made.id = number
    return made


def blessing(number: int, of: int, blessed: bool = True) -> standard_artifacts.ModelBlessing:
    made = standard_artifacts.ModelBlessing()
    made.id = number
    made.set_int_custom_property("current_model_id", of)
    if blessed:
        made.set_int_custom_property("blessed", 1)
    return made


def resolved(candidate: int, models: list[int], blessings: list[Any]) -> dict[str, list[int]]:
    inputs: dict[str, list[artifact.Artifact]] = {
        "candidate": [model(candidate)],
        "model": [model(number) for number in models],
        "model_blessing": blessings,
    }
    found = LatestOtherBlessedModel().resolve_artifacts(None, inputs)
    return {key: [one.id for one in artifacts] for key, artifacts in found.items()}


def test_a_first_run_has_no_baseline() -> None:
    assert resolved(1, [1], []) == {"candidate": [1], "model": [], "model_blessing": []}


def test_a_candidate_that_was_blessed_before_is_not_its_own_baseline() -> None:
    assert resolved(1, [1], [blessing(10, of=1)])["model"] == []


@pytest.mark.parametrize("order", [1, -1])
def test_the_latest_blessing_counts_whatever_the_order_of_models(order: int) -> None:
    # Model 2 was trained before model 3, and blessed again after it.
    blessings = [blessing(10, of=2), blessing(11, of=3), blessing(12, of=2)]
    found = resolved(4, [1, 2, 3, 4][::order], blessings[::order])
    assert (found["model"], found["model_blessing"]) == ([2], [12])


def test_a_model_that_was_not_blessed_is_passed_over() -> None:
    assert resolved(3, [1, 2, 3], [blessing(10, of=1), blessing(11, of=2, blessed=False)])["model"] == [1]


def test_a_blessing_of_a_model_that_is_gone_is_passed_over() -> None:
    assert resolved(3, [1, 3], [blessing(10, of=1), blessing(11, of=2)])["model"] == [1]
