"""What TFX's cache and resolvers make of a retraining, a rollback and a collection between real runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from calls import called
from harness import LOOSE, Pushed, Ran

from widedeep.pipeline.versions.training_rows import train_files

Run = Callable[..., Ran]


def widedeep(*words: object) -> str:
    done = called(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def listed(workdir: Path, out: Path) -> list[dict[str, Any]]:
    widedeep("models", workdir, "--json", out)
    versions: list[dict[str, Any]] = json.loads(out.read_text())["versions"]
    return versions


def metrics(ran: Ran, model: str) -> dict[str, float]:
    assert ran.result is not None
    values: dict[str, float] = ran.result["metrics"][model]
    return values


def test_a_run_is_compared_with_the_version_that_serves_and_after_a_rollback_too(
    anew: Callable[[str], Pushed], tmp_path: Path, run: Run
) -> None:
    census, workdir, first = (pushed := anew("census")).slice, pushed.workdir, pushed.ran
    second = run(census, workdir, LOOSE, "training.seed=7")
    assert second.code == 0, second.stderr
    ran = {node for node, state in second.states.items() if state == "COMPLETE"}
    assert ran == {"Trainer", "LatestBlessedModel", "Evaluator", "DryRun", "Pusher"}
    assert second.result is not None
    assert second.result["pushed_to"] == str(workdir / "models" / "2")
    assert metrics(first, "candidate").keys() == metrics(second, "baseline").keys()
    assert metrics(second, "baseline") == pytest.approx(metrics(first, "candidate"), abs=1e-6)
    versions = listed(workdir, tmp_path / "models.json")
    assert (versions[0]["serves"], versions[1]["serves"]) == (False, True)
    assert versions[0]["metrics"] == {"candidate": metrics(first, "candidate")}
    assert versions[1]["metrics"] == {model: metrics(second, model) for model in ("candidate", "baseline")}
    assert (versions[0]["baseline"], versions[1]["baseline"]["version"]) == (None, 1)
    assert [version["run"] for version in versions] == [ran.result["run_id"] for ran in (first, second)]
    assert (workdir / "models" / "2" / "assets.extra" / "tf_serving_warmup_requests").stat().st_size > 0

    # The second run's own outputs, what it found in the cache, and the model behind version 1 are left.
    widedeep("gc", workdir, "--keep", 1)
    rolled_back = widedeep("models", workdir, "rollback", 1)
    assert "version 3 serves: version 1 again, in place of 2" in rolled_back
    assert train_files(workdir / "models" / "3") == train_files(workdir / "models" / "2") != []

    again = run(census, workdir, LOOSE, "training.seed=7")
    assert again.code == 3, again.stderr
    assert again.states["Transform"] == again.states["Trainer"] == "CACHED"
    assert "this very model was taken out of service by a rollback to version 1" in again.stdout
    assert sorted(path.name for path in (workdir / "models").iterdir()) == ["1", "2", "3"]

    third = run(census, workdir, LOOSE, "training.seed=8", "push.keep=2")
    assert third.code == 0, third.stderr
    assert third.states["Transform"] == "CACHED"
    assert metrics(third, "baseline") == pytest.approx(metrics(first, "candidate"), abs=1e-6)
    assert [version["version"] for version in listed(workdir, tmp_path / "models.json")] == [3, 4]
