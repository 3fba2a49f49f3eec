"""Which model a training starts from, in a real store."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tfx.types import standard_artifacts

from widedeep.components.resolvers.base_model import LatestBlessedOtherTraining

A, B = {"training": "a", "code": "1"}, {"training": "b", "code": "1"}


class Trainings:
    """Trainings and verdicts, and which model the strategy chooses for another training."""

    def __init__(self, recorded: Any) -> None:
        self._recorded = recorded
        self._models: list[Any] = []
        self._verdicts: list[Any] = []

    def transformed(self) -> Any:
        made = standard_artifacts.Examples()
        self._recorded.run("Transform", {}, {"transformed_examples": [made]})
        return made

    def trained(self, examples: list[Any], settings: dict[str, Any] = A, blessed: bool | None = True) -> Any:
        """By what the strategy chose; `blessed` None: its run was killed before the verdict."""
        made = standard_artifacts.Model()
        reads = {"examples": examples, "base_model": self.base(examples, settings)}
        self._recorded.run("Trainer", reads, {"model": [made]}, settings)
        self._models.append(made)
        if blessed is not None:
            self.judged(made, blessed)
        return made

    def judged(self, model: Any, blessed: bool) -> None:
        """As TFX's Evaluator writes it."""
        made = standard_artifacts.ModelBlessing()
        made.set_int_custom_property("blessed", int(blessed))
        made.set_int_custom_property("current_model_id", model.id)
        self._recorded.run("Evaluator", {"model": [model]}, {"blessing": [made]})
        self._verdicts.append(made)

    def base(self, examples: list[Any], settings: dict[str, Any] = A) -> list[Any]:
        strategy = LatestBlessedOtherTraining(json.dumps(settings))
        orders = [
            strategy.resolve_artifacts(
                self._recorded.store,
                {
                    "examples": examples,
                    "model": self._models[::order],
                    "model_blessing": self._verdicts[::order],
                    "tried": [],
                },
            )
            for order in (1, -1)
        ]
        assert orders[0] == orders[1]
        base = orders[0]
        assert base["examples"] == examples
        assert len(base["model"]) == len(base["model_blessing"]) <= 1
        for model, verdict in zip(base["model"], base["model_blessing"], strict=True):
            assert verdict.get_int_custom_property("current_model_id") == model.id
        return base["model"]


@pytest.fixture
def trainings(recorded: Any) -> Trainings:
    return Trainings(recorded)


def test_there_is_none_before_the_first_blessing(trainings: Trainings) -> None:
    first, second = trainings.transformed(), trainings.transformed()
    assert trainings.base([first]) == []
    trainings.trained([first], blessed=None)
    trainings.trained([first], B, blessed=False)
    assert trainings.base([second]) == []


def test_the_same_training_again_does_not_start_from_its_own_outcome(trainings: Trainings) -> None:
    first = trainings.transformed()
    trainings.trained([first])
    assert trainings.base([first]) == []


def test_other_examples_start_from_the_model(trainings: Trainings) -> None:
    monday, tuesday, wednesday = (trainings.transformed() for _ in range(3))
    first = trainings.trained([monday])
    assert trainings.base([tuesday]) == [first]
    second = trainings.trained([tuesday])
    assert trainings.base([wednesday]) == [second]
    # A repeated run gets what it got: it is found in the cache.
    assert trainings.base([tuesday]) == [first]


def test_a_window_that_has_moved_on_is_other_examples(trainings: Trainings) -> None:
    monday, tuesday, wednesday = (trainings.transformed() for _ in range(3))
    first = trainings.trained([monday, tuesday])
    assert trainings.base([tuesday, wednesday]) == [first]
    assert trainings.base([monday, tuesday]) == []


def test_other_settings_start_from_the_model(trainings: Trainings) -> None:
    monday = trainings.transformed()
    first = trainings.trained([monday], A)
    assert trainings.base([monday], B) == [first]


def test_the_latest_blessing_wins(trainings: Trainings) -> None:
    monday, tuesday, wednesday = (trainings.transformed() for _ in range(3))
    first, second = trainings.trained([monday]), trainings.trained([tuesday])
    assert trainings.base([wednesday]) == [second]
    # It was judged again, by other bounds.
    trainings.judged(first, True)
    assert trainings.base([wednesday]) == [first]


def test_a_model_that_was_not_blessed_is_passed_over(trainings: Trainings) -> None:
    monday, tuesday, wednesday = (trainings.transformed() for _ in range(3))
    first = trainings.trained([monday])
    trainings.trained([tuesday], blessed=False)
    assert trainings.base([wednesday]) == [first]
