"""Whole runs whose model two workers train: to a served answer, and interrupted while they train."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from calls import started
from fault_scene import Server
from forked import Popen
from harness import LOOSE, Pushed, Ran, Slice, csv_slice, latest

from tests.components.trainer.workers import fault_table
from tests.components.trainer.workers.training_scene import workers

Run = Callable[..., Ran]
ROWS = {"train": 3000, "eval": 600, "test": 1200}
# Of batches of 32.
EPOCHS, STEPS = 8, 94
TRAINING = {"workers": 2, "batch_size": 16, "epochs": EPOCHS, "patience": None, "checkpoint_steps": 20}
SETTINGS = (LOOSE, f"training={json.dumps(TRAINING)}")


@pytest.fixture(scope="module")
def unbroken(run: Run, prepared: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Pushed:
    folder = tmp_path_factory.mktemp("workers")
    taxi = csv_slice("taxi", ROWS, folder, prepared("taxi"))
    ran = run(taxi, folder / "unbroken", *SETTINGS)
    assert ran.code == 0, ran.stderr
    return Pushed(taxi, folder / "unbroken", ran)


def answer(workdir: Path) -> tuple[int, list[float]]:
    """The version that serves, and its scores of some rows."""
    [part, *_] = sorted((latest(workdir, "ExampleGen", "examples") / "Split-test").iterdir())
    server = Server(workdir / "models")
    try:
        return server.answer(list(tf.data.TFRecordDataset(str(part), "GZIP").take(20).as_numpy_iterator()))
    finally:
        server.close()


def curve(ran: Ran) -> list[dict[str, Any]]:
    assert ran.result is not None, ran.stderr
    return [epoch | {"seconds": 0} for epoch in ran.result["training"]]


@contextmanager
def heard(workdir: Path) -> Iterator[list[int]]:
    """The steps that the chief reports meanwhile."""
    steps, over = [0], threading.Event()

    def listen() -> None:
        while not over.wait(0.02):
            for path in (workdir / "artifacts" / "Trainer" / "model_run" / "unfinished").glob(
                "*/workers/progress.json"
            ):
                with suppress(OSError):
                    steps.append(json.loads(path.read_text())["step"])

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield steps
    finally:
        over.set()
        thread.join()


def test_a_model_that_two_workers_trained_is_pushed_told_and_served(unbroken: Pushed) -> None:
    result = unbroken.ran.result
    assert result is not None
    assert result["pushed_to"] == str(unbroken.workdir / "models" / "1")
    assert result["settings"]["training"]["workers"] == 2
    assert [(epoch["step"], epoch["examples"]) for epoch in curve(unbroken.ran)] == [
        (STEPS * number, ROWS["train"]) for number in range(1, EPOCHS + 1)
    ]
    assert result["metrics"]["candidate"]["auc"] > 0.6
    assert re.search(r"training\.workers\s*<[^\n]*>\s*2\s*<", Path(result["report"]).read_text())
    version, scores = answer(unbroken.workdir)
    assert version == 1
    assert len(set(scores)) > 10


def stopped(slice_: Slice, workdir: Path, step: int, act: Callable[[Popen], None]) -> str:
    """What a run says at the end that something happens to when its workers are at a step; it ends with 1."""
    with heard(workdir) as steps, started(slice_, workdir, *SETTINGS) as going:
        deadline = time.monotonic() + 300
        while steps[-1] < step:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert sorted(workers(workdir)) == [0, 1]
        act(going.process)
        assert going.process.wait(timeout=60) == 1
        assert going.process.stderr is not None
        told = going.process.stderr.read()
    assert workers(workdir) == {}
    assert "Traceback" not in told
    assert not (workdir / "models").exists()
    # What the next one reports is its own.
    [progress] = (workdir / "artifacts").glob("Trainer/model_run/unfinished/*/workers/progress.json")
    progress.unlink()
    # Words, in which a terminal breaks lines.
    return " ".join(told.split())


def test_a_run_whose_chief_was_killed_and_that_was_interrupted_carries_on_to_what_an_unbroken_one_gives(
    unbroken: Pushed, tmp_path: Path, run: Run
) -> None:
    workdir = tmp_path / "broken"
    told = stopped(unbroken.slice, workdir, STEPS + 20, lambda _: os.kill(workers(workdir)[0], signal.SIGKILL))
    assert "Trainer stopped: " in told
    assert fault_table.words(fault_table.CHIEF_KILLED).search(told)
    told = stopped(unbroken.slice, workdir, 2 * STEPS + 20, lambda going: going.send_signal(signal.SIGINT))
    assert fault_table.words(fault_table.INTERRUPTED).search(told)
    assert "stopped" not in told
    with heard(workdir) as steps:
        ran = run(unbroken.slice, workdir, *SETTINGS)
    assert ran.code == 0, ran.stderr
    # From the last checkpoint on, not from an epoch's begin.
    assert steps[1] > 2 * STEPS
    assert curve(ran) == curve(unbroken.ran)
    assert ran.result is not None
    assert unbroken.ran.result is not None
    assert ran.result["metrics"] == unbroken.ran.result["metrics"]
    assert answer(workdir) == answer(unbroken.workdir)
