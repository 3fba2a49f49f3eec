"""An earlier version serves again, and no later run builds on those that served after it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.components.pusher import version_info
from widedeep.pipeline.versions import rollback as module
from widedeep.pipeline.versions.rollback import RollbackResult, rollback


def marked(worked: Any) -> set[int]:
    return {artifact.id for artifact in worked.store.get_artifacts() if "rolled_back" in artifact.custom_properties}


@pytest.fixture
def three(worked: Any) -> list[int]:
    """Versions 1, 2 and 3; the ids of their models."""
    return [worked.run(f"2026010{number}")["model"] for number in (1, 2, 3)]


def graph(worked: Any, version: int) -> str:
    return (worked.workdir.models / str(version) / "saved_model.pb").read_text()


def test_an_earlier_version_is_the_newest_again(worked: Any, three: list[int]) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    assert rollback(worked.workdir, 1) == RollbackResult(version=4, put_back=1, instead_of=3, passed_over=[2, 3])
    assert graph(worked, 4) == graph(worked, 1) == f"model {three[0]}"
    told, first = (
        json.loads((worked.workdir.models / version / version_info.LINEAGE).read_text()) for version in ("4", "1")
    )
    at = told["rollback"].pop("at")
    assert before <= datetime.fromisoformat(at) <= datetime.now(UTC)
    assert told == first | {"rollback": {"to": 1, "from": 3}}
    assert first["rollback"] is None
    assert marked(worked) == set(three[1:])
    words = worked.artifact(three[1]).custom_properties["rolled_back"].string_value
    assert words == f"to version 1 at {at}"


def test_back_and_forth(worked: Any, three: list[int]) -> None:
    rollback(worked.workdir, 2)
    assert marked(worked) == {three[2]}
    # Version 4 is version 2 again: back to it is nothing new, and neither is back to 2.
    for same in (4, 2):
        assert rollback(worked.workdir, same) == RollbackResult(4, 2, None, [3])
    assert rollback(worked.workdir, 1) == RollbackResult(5, 1, 4, [2, 3])
    # 4 was a rollback itself: what returns is 2, and the model of 3 stays out of service.
    assert rollback(worked.workdir, 4) == RollbackResult(6, 2, 5, [3])
    assert version_info.first_pushed_as(worked.workdir.models / "6") == 2
    assert graph(worked, 6) == graph(worked, 2)
    assert rollback(worked.workdir, 3) == RollbackResult(7, 3, 6, [])
    assert marked(worked) == set()


def test_the_newest_already_serves(worked: Any, three: list[int]) -> None:
    assert rollback(worked.workdir, 3) == RollbackResult(3, 3, None, [])
    assert marked(worked) == set()
    assert [path.name for path in sorted(worked.workdir.models.iterdir())] == ["1", "2", "3"]


def test_a_model_that_was_pushed_twice(worked: Any, three: list[int]) -> None:
    """Version 3 was version 1's model again: back to 2 is back from that model, whenever it was pushed first."""
    worked.node(1, "Pusher", {"model": [three[0]]}, {"pushed_model": "PushedModel"})
    again = max(worked.live())
    worked.change(again, pushed=1, pushed_destination=str(worked.workdir.models / "3"))
    (worked.workdir.models / "3" / "saved_model.pb").write_text(f"model {three[0]}")
    assert rollback(worked.workdir, 1) == RollbackResult(3, 3, None, [])
    assert rollback(worked.workdir, 2) == RollbackResult(4, 2, 3, [1, 3])
    assert marked(worked) == {three[0]}
    # Back to it the first way: it bears no mark, though it was pushed once more, later.
    assert rollback(worked.workdir, 1) == RollbackResult(5, 1, 4, [2])
    assert marked(worked) == {three[1]}
    assert rollback(worked.workdir, 4) == RollbackResult(6, 2, 5, [1, 3])
    (worked.workdir.models / "6" / "saved_model.pb").unlink()
    assert rollback(worked.workdir, 3) == RollbackResult(7, 3, 6, [])


def test_a_version_that_is_not_there_names_those_that_are(worked: Any, three: list[int]) -> None:
    with pytest.raises(ConfigError) as caught:
        rollback(worked.workdir, 7)
    assert str(caught.value) == f"{worked.workdir.models}: there is no version 7; there are 1, 2, 3."
    assert marked(worked) == set()


def test_where_nothing_was_pushed(worked: Any) -> None:
    with pytest.raises(ConfigError, match=r"models: there is no version 1; none has been pushed\."):
        rollback(worked.workdir, 1)


def full(*_: Any) -> Path:
    raise WideDeepError("the disk is full")


def test_the_mark_comes_first(worked: Any, three: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever tries again after a full disk finds the rest done, and a run in between builds on the right model."""
    with monkeypatch.context() as patched:
        patched.setattr(module, "push_again", full)
        with pytest.raises(WideDeepError, match="the disk is full"):
            rollback(worked.workdir, 1)
    assert marked(worked) == set(three[1:])
    assert max(path.name for path in worked.workdir.models.iterdir()) == "3"
    assert rollback(worked.workdir, 1) == RollbackResult(4, 1, 3, [2, 3])


@pytest.mark.parametrize(("serves", "marks"), [(3, set()), (4, {1, 2})])
def test_who_thinks_better_of_it_says_so(
    worked: Any, three: list[int], monkeypatch: pytest.MonkeyPatch, serves: int, marks: set[int]
) -> None:
    if serves == 4:
        rollback(worked.workdir, 1)
    with monkeypatch.context() as patched:
        patched.setattr(module, "push_again", full)
        with pytest.raises(WideDeepError):
            rollback(worked.workdir, 2)
    assert marked(worked) == {three[2]}
    assert rollback(worked.workdir, serves).version == serves
    assert marked(worked) == {three[number] for number in marks}


def test_metadata_that_do_not_know_the_version_do_not_hinder(worked: Any, three: list[int]) -> None:
    worked.workdir.metadata.unlink()
    assert rollback(worked.workdir, 1) == RollbackResult(4, 1, 3, None)
    assert graph(worked, 4) == graph(worked, 1)


def test_a_version_without_a_word_on_its_origin(worked: Any, three: list[int]) -> None:
    (worked.workdir.models / "2" / version_info.LINEAGE).unlink()
    assert rollback(worked.workdir, 2) == RollbackResult(4, 2, 3, [3])
    told = json.loads((worked.workdir.models / "4" / version_info.LINEAGE).read_text())
    assert (told["rollback"]["to"], told["rollback"]["from"]) == (2, 3)


def test_what_the_pipeline_sees_of_the_mark(worked: Any, three: list[int]) -> None:
    """The strategies and the Pusher read artifacts as TFX hands them over."""
    from tfx.types import artifact_utils

    from widedeep.components.metadata.properties import ROLLED_BACK

    rollback(worked.workdir, 1)
    [kind] = worked.store.get_artifact_types_by_id([worked.artifact(three[0]).type_id])
    models = [artifact_utils.deserialize_artifact(kind, worked.artifact(number)) for number in three]
    assert [bool(model.get_string_custom_property(ROLLED_BACK)) for model in models] == [False, True, True]
