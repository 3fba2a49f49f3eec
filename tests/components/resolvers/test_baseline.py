"""Which model the candidate is compared with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tfx.types import artifact, standard_artifacts

from widedeep.components.resolvers.baseline import LatestOtherBlessedModel


@pytest.fixture
def resolved(tmp_path: Path) -> Callable[..., dict[str, list[int]]]:
    """Resolves the ids of artifacts, the models' labels being binary, but for those of `labels`."""

    def model(number: int, label: str) -> standard_artifacts.Model:
        made = standard_artifacts.Model()
        made.id, made.uri = number, str(tmp_path / str(number))
        # Where the Trainer's export writes the declaration.
        folder = tmp_path / str(number) / "Format-Serving" / "assets.extra"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "features.json").write_text(f'{{"label": {label}, "features": []}}')
        return made

    def call(
        candidate: int,
        models: list[int],
        blessings: list[Any],
        labels: dict[int, str] | None = None,
        broken: dict[int, str] | None = None,
        tried: tuple[Any, ...] = (),
        rolled_back: tuple[int, ...] = (),
    ) -> dict[str, list[int]]:
        known = {number: model(number, (labels or {}).get(number, '{"key": "y"}')) for number in {candidate, *models}}
        for number, content in (broken or {}).items():
            path = tmp_path / str(number) / "Format-Serving" / "assets.extra" / "features.json"
            path.write_text(content) if content else path.unlink()
        inputs: dict[str, list[artifact.Artifact]] = {
            "candidate": [known[candidate]],
            "model": [known[number] for number in models],
            "model_blessing": blessings,
            "tried": list(tried),
        }
        for number in rolled_back:
            known[number].set_string_custom_property("rolled_back", "by hand")
        chosen = LatestOtherBlessedModel().resolve_artifacts(None, inputs)
        assert chosen.pop("tried") == list(tried)
        return {key: [artifact.id for artifact in artifacts] for key, artifacts in chosen.items()}

    return call


def blessing(number: int, of: int, blessed: bool = True) -> standard_artifacts.ModelBlessing:
    made = standard_artifacts.ModelBlessing()
    made.id = number
    made.set_int_custom_property("current_model_id", of)
    if blessed:
        made.set_int_custom_property("blessed", 1)
    return made


def dry_run(number: int, of: int, passed: bool) -> standard_artifacts.InfraBlessing:
    made = standard_artifacts.InfraBlessing()
    made.id = number
    made.set_int_custom_property("current_model_id", of)
    made.set_int_custom_property("blessed", int(passed))
    return made


def test_a_model_that_failed_its_dry_run_is_no_baseline(resolved) -> None:
    blessings = [blessing(10, of=1), blessing(11, of=2)]
    failed, passed = dry_run(20, of=2, passed=False), dry_run(19, of=1, passed=True)
    assert resolved(3, [1, 2, 3], blessings, tried=(failed, passed))["model"] == [1]
    # Tried again with other limits, it is one.
    assert resolved(3, [1, 2, 3], blessings, tried=(dry_run(21, of=2, passed=True), failed))["model"] == [2]


def test_a_model_that_was_rolled_back_is_no_baseline(resolved) -> None:
    blessings = [blessing(10, of=1), blessing(11, of=2)]
    assert resolved(3, [1, 2, 3], blessings, rolled_back=(2,))["model"] == [1]


def test_a_first_run_has_no_baseline(resolved) -> None:
    assert resolved(1, [1], []) == {"candidate": [1], "model": [], "model_blessing": []}


def test_a_candidate_that_was_blessed_before_is_not_its_own_baseline(resolved) -> None:
    assert resolved(1, [1], [blessing(10, of=1)])["model"] == []


@pytest.mark.parametrize("order", [1, -1])
def test_the_latest_blessing_counts_whatever_the_order_of_models(resolved, order: int) -> None:
    # Model 2 was trained before model 3, and blessed again after it.
    blessings = [blessing(10, of=2), blessing(11, of=3), blessing(12, of=2)]
    models = resolved(4, [1, 2, 3, 4][::order], blessings[::order])
    assert (models["model"], models["model_blessing"]) == ([2], [12])


def test_a_model_that_was_not_blessed_is_passed_over(resolved) -> None:
    assert resolved(3, [1, 2, 3], [blessing(10, of=1), blessing(11, of=2, blessed=False)])["model"] == [1]


def test_a_blessing_of_a_model_that_is_gone_is_passed_over(resolved) -> None:
    assert resolved(3, [1, 3], [blessing(10, of=1), blessing(11, of=2)])["model"] == [1]


FIVE = '{"key": "y", "kind": "multiclass", "classes": 5}'


def test_a_model_of_another_kind_of_label_is_passed_over(resolved) -> None:
    blessings = [blessing(10, of=1), blessing(11, of=2), blessing(12, of=3)]
    six = FIVE.replace("5", "6")
    labels = {2: '{"key": "y", "kind": "regression"}', 3: six}
    assert resolved(4, [1, 2, 3, 4], blessings, labels)["model"] == [1]
    assert resolved(4, [1, 2, 3, 4], blessings, labels | {4: FIVE})["model"] == []
    assert resolved(4, [1, 2, 3, 4], blessings, labels | {1: FIVE, 4: FIVE})["model"] == [1]


def test_the_labels_column_may_have_another_name(resolved) -> None:
    assert resolved(2, [1, 2], [blessing(10, of=1)], {2: '{"key": "bought"}'})["model"] == [1]


def test_a_model_whose_files_are_gone_is_handed_on(resolved, tmp_path: Path) -> None:
    """The Evaluator leaves it out and says why; a run must not stop for it here."""
    assert resolved(2, [1, 2], [blessing(10, of=1)])["model"] == [1]
    blessings = [blessing(10, of=1), blessing(11, of=3)]
    for broken in ("", "{", '{"features": []}', '{"label": {"kind": "ranking"}}'):
        assert resolved(2, [1, 2, 3], blessings, {3: FIVE})["model"] == [1]
        models = resolved(2, [1, 2, 3], blessings, {3: FIVE}, {3: broken})
        assert models["model"] == [3], broken
