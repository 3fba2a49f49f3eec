"""A run_fn that was killed: what it leaves, and who carries on from it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from widedeep.components.common import progress
from widedeep.components.trainer import run
from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.run import run_fn
from widedeep.components.trainer.training.state import load

_ROOT = Path(__file__).parents[4]
_KILLED = """
import json, os, signal, sys
from types import SimpleNamespace
from widedeep.components.common import progress
from widedeep.components.trainer.training import loop
from widedeep.components.trainer.run import run_fn

def listen(report):
    if report["step"] >= 15:
        os.kill(os.getpid(), signal.SIGKILL)

loop._REPORT_SECONDS = -1.0
with progress.listener(listen):
    run_fn(SimpleNamespace(**json.loads(sys.argv[1])))
"""


@pytest.mark.usefixtures("forked_commands")
def test_a_training_that_was_killed_carries_on_when_it_is_started_again(prepared, tmp_path):
    """TFX gives the second execution folders of its own, beside the first one's."""
    training = {"checkpoint_steps": 4, "deep": {"hidden": [8], "dropout": 0.3}}
    folders = [tmp_path / name for name in ("first", "second", "unbroken")]
    # Only the training's own folder is shared, under the parent of each run's.
    first, second, unbroken = (
        prepared.fn_args(folder, training=training, model_run_dir=str(tmp_path / parent / folder.name))
        for folder, parent in zip(folders, ("runs", "runs", "others"), strict=True)
    )
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, json.dumps(vars(first))], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not (tmp_path / "first" / "serving").exists()
    steps = []
    with pytest.MonkeyPatch.context() as patch, progress.listener(lambda report: steps.append(report["step"])):
        patch.setattr("widedeep.components.trainer.training.loop._REPORT_SECONDS", -1.0)
        # Not what this is about.
        patch.setattr(WideDeepEstimator, "export", lambda *_: None)
        run_fn(second)
        assert min(steps) == 16
        run_fn(unbroken)
    curves = [json.loads(Path(args.model_run_dir, "training.json").read_text())["curve"] for args in (second, unbroken)]
    assert [row | {"seconds": 0} for row in curves[0]] == [row | {"seconds": 0} for row in curves[1]]
    states = [
        [variable.numpy() for variable in load(run._state(args.serving_model_dir)).trainer.variables]
        for args in (second, unbroken)
    ]
    assert all((ours == theirs).all() for ours, theirs in zip(*states, strict=True))
    assert leftovers(tmp_path / "runs") == []


def leftovers(runs: Path) -> list[str]:
    """Unfinished trainings beside the runs."""
    folder = runs / "unfinished"
    return sorted(os.listdir(folder)) if folder.exists() else []


class Killed(BaseException):
    """Ends a training as it stands."""


def test_another_training_finds_no_checkpoint_of_this_one_and_leaves_it(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr("widedeep.components.trainer.training.loop._REPORT_SECONDS", -1.0)
    monkeypatch.setattr(WideDeepEstimator, "export", lambda *_: None)
    steps: list[int] = []

    def listen(report: dict[str, Any]) -> None:
        steps.append(report["step"])
        if killing and report["step"] > 4:
            raise Killed

    def start(**changes: Any) -> list[int]:
        steps.clear()
        training = {"checkpoint_steps": 4, "epochs": 1, "model": "wide"} | changes.pop("training", {})
        run_fn(prepared.fn_args(tmp_path, training=training, **changes))
        return list(steps)

    killing = True
    with progress.listener(listen):
        with pytest.raises(Killed):
            start()
        (unfinished,) = leftovers(tmp_path)
        killing = False
        # From the first step on: other options, other files, another declaration.
        assert start(training={"wide": {"l1": 0.2}})[0] == 4
        assert start(train_files=prepared.eval)[0] == 4
        assert start(eval_files=prepared.train)[0] == 4
        features = tuple(feature.model_copy(update={"drift": 0.5}) for feature in prepared.spec.features)
        assert start(spec=prepared.spec.model_copy(update={"features": features}))[0] == 4
        assert leftovers(tmp_path) == [unfinished]
        # The same one carries on.
        assert start()[0] == 8
        assert leftovers(tmp_path) == []


def test_a_training_too_short_for_a_checkpoint_leaves_nothing(prepared, tmp_path):
    run_fn(prepared.fn_args(tmp_path, training={"epochs": 1, "model": "wide"}))
    assert leftovers(tmp_path) == []
    curve = json.loads((tmp_path / "run" / "training.json").read_text())["curve"]
    assert len(curve) == 1
