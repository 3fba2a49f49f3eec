"""What earlier runs left goes, and what is needed stays, in metadata as TFX writes them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.components.metadata.inventory_reader import read_inventory
from widedeep.pipeline.gc.collect import collect
from widedeep.pipeline.gc.plan import Plan, make_plan
from widedeep.pipeline.local.workdir import Workdir
from widedeep.pipeline.versions.rollback import rollback

BLESSING = ("model", "blessing")
# The year 2100.
LATER = 4_102_444_800


def gc(worked: Any, keep: int) -> Plan:
    plan = make_plan(read_inventory(worked.store), worked.workdir, keep)
    collect(worked.store, plan)
    return plan


def some(made: dict[str, int], *keys: str) -> set[int]:
    return {made[key] for key in keys}


def check(worked: Any, expected: set[int]) -> None:
    """Those artifacts alone are LIVE and there."""
    names = {
        artifact.id: artifact.uri.removeprefix(str(worked.workdir.artifacts))
        for artifact in worked.store.get_artifacts()
    }
    assert {names[artifact] for artifact in worked.live()} == {names[key] for key in expected}
    assert {names[artifact] for artifact in worked.there()} == {names[key] for key in expected}


def test_of_earlier_runs_stays_what_the_last_one_used_and_what_versions_need(worked: Any) -> None:
    """Three days, a window of two; each training starts from the last model, with which it is compared."""
    first = worked.run("1", span=1)
    second = worked.run("2", span=2, window={1: first["examples"]}, base=first["model"], baseline=first["model"])
    third = worked.run("3", span=3, window={2: second["examples"]}, base=second["model"], baseline=second["model"])
    plan = gc(worked, 1)
    # Version 1 may be put back: then its model is the baseline, and for that its blessing must be there.
    expected = set(third.values()) | some(second, "examples", "model", "blessing") | some(first, "model", "blessing")
    # That the span before the last passed the gate is known by its verdict; it is in the window of the next run.
    expected |= some(second, "statistics", "verdict")
    check(worked, expected)
    assert plan.bytes == sum(removal.bytes for removal in plan.remove)
    reasons = {removal.why for removal in plan.remove if removal.path.is_relative_to(worked.workdir.artifacts)}
    assert reasons == {"only earlier runs used it"}
    kept = {kept.why: (kept.artifacts, kept.bytes) for kept in plan.kept}
    assert kept == {
        "used by the runs that are kept": (len(third) + 2, 100 * (len(third) + 2)),
        "model of version 1, a baseline and start after a rollback": (2, 200),
        "model of version 2, a baseline and start after a rollback": (1, 100),
        "spans of the training window, as the gate accepted them": (2, 200),
    }
    assert gc(worked, 1).remove == []


def test_a_window_is_kept_though_the_last_run_went_back(worked: Any) -> None:
    first = worked.run("1", span=1)
    second = worked.run("2", span=2, window={1: first["examples"]})
    third = worked.run("3", span=3, window={2: second["examples"]})
    back = worked.run("4", span=1, window={})
    gc(worked, 2)
    # Run 3's window was of two spans: 2 and 3. (Run 4 ingested 1 again.)
    data = ("examples", "statistics", "verdict")
    assert some(second, *data) | some(third, *data) | set(back.values()) <= worked.live()
    gc(worked, 1)
    # What run 4 trained on was one span: the newest that the gate accepted is 3.
    assert some(third, *data) | set(back.values()) <= worked.live()
    assert not some(second, *data) & worked.live()
    assert not some(first, *data) & worked.live()


def test_a_span_that_the_gate_did_not_accept_is_not_in_the_window(worked: Any) -> None:
    first = worked.run("1", span=1)
    worked.run("2", span=2, until="StatisticsGen")
    last = worked.run("3", span=0)
    gc(worked, 1)
    assert some(first, "examples", "statistics", "verdict") <= worked.live()
    assert set(last.values()) <= worked.live()


def test_of_the_version_that_serves_the_rows_stay_too(worked: Any) -> None:
    first = worked.run("1", span=1)
    second = worked.run("2", span=2, window={1: first["examples"]})
    # Not blessed: version 2 serves on.
    last = worked.run("3", span=3, blessed=False)
    worked.run("4", span=4, blessed=False)
    gc(worked, 1)
    assert some(first, "examples") | some(second, "examples", *BLESSING) <= worked.live()
    assert not some(last, "examples", "model") & worked.live()
    rollback(worked.workdir, 1)
    gc(worked, 1)
    # Version 3 is version 1 again.
    assert some(first, "examples", *BLESSING) | some(second, *BLESSING) <= worked.live()
    assert second["examples"] not in worked.live()


def test_a_model_goes_with_its_version_but_the_last_blessed_stays(worked: Any) -> None:
    made = [worked.run(str(number)) for number in (1, 2, 3)]
    worked.run("4", blessed=False)
    for version in "123":
        shutil.rmtree(worked.workdir.models / version)
    gc(worked, 1)
    assert not some(made[0], *BLESSING) & worked.live()
    assert not some(made[1], *BLESSING) & worked.live()
    assert some(made[2], *BLESSING) <= worked.live()


def test_the_last_blessed_model_is_none_that_was_rolled_back(worked: Any) -> None:
    made = [worked.run(str(number)) for number in (1, 2, 3)]
    rollback(worked.workdir, 2)
    for version in "1234":
        shutil.rmtree(worked.workdir.models / version)
    worked.run("4", blessed=False)
    gc(worked, 1)
    assert [bool(some(run, *BLESSING) <= worked.live()) for run in made] == [False, True, False]


def test_the_latest_analysis_of_spans_stays(worked: Any) -> None:
    first, second = worked.run("1"), worked.run("2")
    worked.run("3", analysed=False)
    gc(worked, 1)
    assert second["updated_analyzer_cache"] in worked.live()
    assert first["updated_analyzer_cache"] not in worked.live()
    assert second["transformed_examples"] not in worked.live()


def tried(worked: Any, made: dict[str, int], passed: bool) -> int:
    """A dry run of a run's model."""
    trial = int(worked.node(1, "DryRun", {"model": [made["model"]]}, {"blessing": "InfraBlessing"})["blessing"])
    worked.change(trial, current_model_id=made["model"], blessed=int(passed))
    return trial


@pytest.mark.parametrize("passed", [[False], [True, False], [False, True]])
def test_the_last_blessed_model_is_none_that_failed_its_last_dry_run(worked: Any, passed: list[bool]) -> None:
    first = worked.run("1")
    second = worked.run("2", until="Evaluator")
    for trial in passed:
        tried(worked, second, trial)
    worked.run("3", blessed=False)
    shutil.rmtree(worked.workdir.models / "1")
    gc(worked, 1)
    last, other = (second, first) if passed[-1] else (first, second)
    assert some(last, *BLESSING) <= worked.live()
    assert not some(other, *BLESSING) & worked.live()


def test_that_a_model_failed_stays_known_as_long_as_the_model(worked: Any) -> None:
    first, second = worked.run("1"), worked.run("2", until="Evaluator")
    failed = [tried(worked, made, passed=False) for made in (first, second)]
    worked.run("3", base=second["model"])
    shutil.rmtree(worked.workdir.models / "1")
    gc(worked, 1)
    assert {second["model"], failed[1]} <= worked.live()
    assert not {first["model"], failed[0]} & worked.live()


def test_what_a_kept_run_found_in_the_cache_stays(worked: Any) -> None:
    first = worked.run("1")
    second = worked.run("2", cached=first)
    gc(worked, 1)
    data = some(first, "examples", "schema", "statistics", "verdict", "transformed_examples", "updated_analyzer_cache")
    assert data <= set(second.values())
    check(worked, set(second.values()) | some(first, *BLESSING))


def test_runs_that_failed_use_up_no_number_and_can_be_carried_on(worked: Any) -> None:
    zero = worked.run("0")
    first = worked.run("1")
    failed = [worked.run(str(number), until="Trainer") for number in (2, 3)]
    gc(worked, 1)
    assert set(first.values()) | set(failed[0].values()) | set(failed[1].values()) <= worked.live()
    assert zero["examples"] not in worked.live()
    assert sorted(path.name for path in worked.workdir.runs.iterdir()) == ["1", "2", "3"]


def test_fewer_runs_than_are_kept(worked: Any) -> None:
    made = [worked.run(str(number)) for number in (1, 2)]
    (worked.workdir.path / "schemas" / "unused.pbtxt").touch()
    assert gc(worked, 3) == Plan([], [], gc(worked, 3).kept)
    check(worked, set(made[0].values()) | set(made[1].values()))


def test_folders_that_no_artifact_accounts_for(worked: Any) -> None:
    worked.run("1")
    artifacts, runs, schemas = worked.workdir.artifacts, worked.workdir.runs, worked.workdir.path / "schemas"
    old = ["Trainer/model_run/unfinished/0123", "Tuner/tuner_results/unfinished/4567", "Trainer/.system/a/7"]
    new = ["Trainer/model_run/unfinished/89ab", "Trainer/.system/a/8"]
    for name in [*old, *new, "Trainer/model/99", "Transform/transformed_examples/98"]:
        (artifacts / name).mkdir(parents=True)
        (artifacts / name / "checkpoint").write_bytes(bytes(7))
    for name in old:
        for path in (artifacts / name / "checkpoint", artifacts / name):
            os.utime(path, (1, 1))
    # What is written to after the last run began may still be carried on, however old its folder is.
    for name in new:
        os.utime(artifacts / name / "checkpoint", (LATER, LATER))
        os.utime(artifacts / name, (1, 1))
    used = {path.name for path in schemas.iterdir()}
    kept_by_two = gc(worked, 2)
    assert {str(removal.path.relative_to(artifacts)): removal.bytes for removal in kept_by_two.remove} == {
        "Trainer/model/99": 7,
        "Transform/transformed_examples/98": 7,
    }
    assert {removal.why for removal in kept_by_two.remove} == {"left by an execution that was killed"}

    worked.run("2")
    plan = gc(worked, 1)
    said = {str(removal.path): removal.why for removal in plan.remove}
    assert {said[str(artifacts / name)] for name in old[:2]} == {"a training or search that was not carried on"}
    assert said[str(artifacts / old[2])] == "TFX's scratch files"
    assert said[str(runs / "1")] == "log and report of an earlier run"
    assert [path.name for path in runs.iterdir()] == ["2"]
    assert not used & {path.name for path in schemas.iterdir()}
    assert len(list(schemas.iterdir())) == 1
    assert not any((artifacts / name).exists() for name in old)
    assert all((artifacts / name / "checkpoint").exists() for name in new)


def test_an_artifact_whose_files_are_gone_is_handed_out_no_more(worked: Any) -> None:
    first = worked.run("1")
    shutil.rmtree(worked.artifact(first["model"]).uri)
    plan = gc(worked, 5)
    assert [artifact.id for artifact in plan.mark] == [first["model"]]
    assert plan.remove == []
    check(worked, set(first.values()) - {first["model"]})


def test_where_the_last_blessed_model_is_gone_the_one_before_stays(worked: Any) -> None:
    first, second = worked.run("1"), worked.run("2")
    worked.run("3", blessed=False)
    for version in "12":
        shutil.rmtree(worked.workdir.models / version)
    shutil.rmtree(worked.artifact(second["model"]).uri)
    gc(worked, 1)
    assert some(first, *BLESSING) <= worked.live()
    assert second["model"] not in worked.live()


def test_interrupted_anywhere_the_next_one_ends_it(
    working: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def days(name: str) -> Any:
        made = working(tmp_path / name)
        for run in ("1", "2"):
            made.run(run)
        return made

    whole = days("whole")
    plan = gc(whole, 1)
    assert len(plan.remove) > 5
    real = shutil.rmtree
    for stop in range(1, 8):
        worked, calls = days(f"stopped-{stop}"), 0

        def interrupted(path: Path, *, stop: int = stop) -> None:
            nonlocal calls
            calls += 1
            if calls == stop:
                # Half of a folder is gone.
                for file in Path(path).rglob("*"):
                    if file.is_file():
                        file.unlink()
                raise KeyboardInterrupt
            real(path)

        with monkeypatch.context() as patched:
            patched.setattr(shutil, "rmtree", interrupted)
            with pytest.raises(KeyboardInterrupt):
                gc(worked, 1)
        # Nobody is handed out what is not whole.
        assert all((Path(worked.artifact(artifact).uri) / "content").exists() for artifact in worked.live())
        gc(worked, 1)
        assert worked.live() == whole.live() == worked.there()
        left = [
            sorted(str(path.relative_to(made.workdir.path)) for path in made.workdir.path.rglob("*"))
            for made in (worked, whole)
        ]
        assert left[0] == left[1]


def test_what_can_not_be_removed_is_named(worked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    worked.run("1")
    worked.run("2")

    def denied(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", denied)
        with pytest.raises(WideDeepError, match=r"can't be removed: .*Permission denied.* run the same command again"):
            gc(worked, 1)
    gc(worked, 1)
    assert worked.live() == worked.there()


def test_a_folder_that_was_moved_is_left_alone(worked: Any) -> None:
    worked.run("1")
    worked.run("2")
    moved = worked.workdir.path.with_name("moved")
    worked.workdir.path.rename(moved)
    before = sorted(moved.rglob("*"))
    known = read_inventory(worked.store)
    with pytest.raises(ConfigError) as caught:
        make_plan(known, Workdir(moved), 1)
    assert str(caught.value).startswith(f"{moved}: its metadata speak of {worked.workdir.artifacts}/")
    assert str(caught.value).endswith("Move it back to where it was made.")
    assert sorted(moved.rglob("*")) == before
