"""Several processes train the model that one does, and what becomes of them when one is lost."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from widedeep.components.common import progress
from widedeep.components.common.errors import DataError, WideDeepError
from widedeep.components.trainer import run
from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.run import run_fn
from widedeep.components.trainer.training.state import load
from widedeep.components.transform import packed_columns

pytestmark = pytest.mark.usefixtures("forked_commands")
# Of 600 rows: ten batches of 64 an epoch, the last of which is not full.
TOGETHER = {"epochs": 6, "patience": None, "deep": {"hidden": [16, 8]}, "checkpoint_steps": 7}
TWO = {**TOGETHER, "workers": 2, "batch_size": 32}


@pytest.fixture(scope="module")
def files(prepared: Any, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The 600 rows in five files of different sizes."""
    folder = tmp_path_factory.mktemp("files")
    records, ends = (
        list(tf.data.TFRecordDataset(prepared.train, "GZIP").as_numpy_iterator()),
        [0, 30, 130, 330, 350, 600],
    )
    parts = [records[begin:end] for begin, end in itertools.pairwise(ends)]
    return [prepared.write(folder / f"part-{number}.gz", part) for number, part in enumerate(parts)]


@pytest.fixture(scope="module")
def two(prepared: Any, files: list[str], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Trained by two workers, each on files of its own; and what was reported meanwhile.

    Their interpreters are their own; those of the tests are forked.
    """
    folder, reports = tmp_path_factory.mktemp("two"), []
    with progress.listener(reports.append):
        run_fn(prepared.fn_args(folder, train_files=files, training=TWO))
    return folder, reports


def trained(folder: Path) -> tuple[dict[str, Any], list[np.ndarray]]:
    """The record without its times, and all variables of model and optimizers."""
    record = json.loads((folder / "run" / "training.json").read_text())
    record["curve"] = [row | {"seconds": 0} for row in record["curve"]]
    state = load(run._state(str(folder / "serving")))
    return record, [variable.numpy() for variable in state.trainer.variables]


def served(folder: Path, prepared: Any) -> np.ndarray:
    """Scores of raw rows."""
    serving = tf.saved_model.load(str(folder / "serving")).signatures["serving_default"]
    return serving(examples=tf.constant([prepared.example(row) for row in prepared.raw[:20]]))["score"].numpy()


def workers(place: Path) -> dict[int, int]:
    """The processes that train in a folder below `place`, by their number: each one's output goes to a log there."""
    processes = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            log = Path(os.readlink(folder / "fd" / "1"))
            if log.is_relative_to(place) and log.stem.startswith("worker-"):
                processes[int(log.stem.removeprefix("worker-"))] = int(folder.name)
    return processes


def assert_alike(training: Any, other: Any) -> None:
    """Equal, but for the order of sums in 32 bits."""
    (record, state), (others_record, others_state) = training, other
    for row, others_row in zip(record["curve"], others_record["curve"], strict=True):
        assert row == pytest.approx(others_row, rel=1e-4)
    for part in ("crosses", "label"):
        assert record[part] == others_record[part]
    for ours, theirs in zip(state, others_state, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


def test_two_workers_with_files_of_their_own_train_what_one_process_does(
    prepared: Any, files: list[str], two: Any, tmp_path: Path
) -> None:
    folder, reports = two
    run_fn(prepared.fn_args(tmp_path, train_files=files, training={**TOGETHER, "batch_size": 64}))
    assert_alike(trained(folder), trained(tmp_path))
    assert [row["examples"] for row in trained(folder)[0]["curve"]] == [600] * 6
    assert reports[-1]["step"] == 60
    assert trained(folder)[0]["wide"] == trained(tmp_path)[0]["wide"]
    scores = [served(path, prepared) for path in (folder, tmp_path)]
    np.testing.assert_allclose(*scores, atol=1e-4)
    # No process is left, and no folder of an unfinished training.
    assert workers(folder) == {}
    assert list((folder / "unfinished").glob("*")) == []


def test_three_workers_share_the_rows_of_one_file(
    prepared: Any, two: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From an earlier model, with negatives that an epoch leaves out, and early stopping."""
    base = str(two[0] / "serving")
    training = {**TOGETHER, "patience": 1, "epochs": 3, "keep_negatives": 0.5}
    three = {**training, "workers": 3, "batch_size": 25}
    run_fn(prepared.fn_args(tmp_path / "three", base_model=base, training=three))
    # What is served of it is not looked at.
    monkeypatch.setattr(WideDeepEstimator, "export", lambda *_: None)
    run_fn(prepared.fn_args(tmp_path / "one", base_model=base, training={**training, "batch_size": 75}))
    shared, wanted = trained(tmp_path / "three"), trained(tmp_path / "one")
    assert_alike(shared, wanted)
    assert shared[0]["base"] == wanted[0]["base"]
    assert shared[0]["base"]["model"] == base


def test_a_killed_worker_ends_the_training_in_words_and_the_same_call_carries_on(
    prepared: Any, files: list[str], two: Any, tmp_path: Path
) -> None:
    killed: list[float] = []

    def kill(report: Any) -> None:
        if report["step"] >= 20 and not killed:
            os.kill(workers(tmp_path)[1], signal.SIGKILL)
            killed.append(time.monotonic())

    first, second = (
        prepared.fn_args(tmp_path / name, train_files=files, training=TWO, model_run_dir=str(tmp_path / "runs" / name))
        for name in ("first", "second")
    )
    with progress.listener(kill), pytest.raises(WideDeepError) as caught:
        run_fn(first)
    # TensorFlow itself would take a minute to see it.
    assert time.monotonic() - killed[0] < 30
    [log] = (tmp_path / "runs" / "unfinished").glob("*/workers/worker-1.txt")
    assert str(caught.value) == (
        "worker 1 of 2 workers was killed by SIGKILL. The others were ended; the same command carries on from the last "
        f"checkpoint. Its log: {log}"
    )
    assert workers(tmp_path) == {}
    steps: list[int] = []
    with progress.listener(lambda report: steps.append(report["step"])):
        run_fn(second)
    assert min(steps) > 10
    record, state = trained(two[0])
    (tmp_path / "second" / "run").symlink_to(tmp_path / "runs" / "second")
    others_record, others_state = trained(tmp_path / "second")
    assert others_record == record
    assert all((ours == theirs).all() for ours, theirs in zip(state, others_state, strict=True))


def test_what_one_workers_examples_bring_about_is_said_as_one_process_does(
    prepared: Any, files: list[str], tmp_path: Path
) -> None:
    """The numbers of a row are none, which the chief does not read."""
    *rest, last = tf.data.TFRecordDataset(files[1], "GZIP").as_numpy_iterator()
    example = tf.train.Example.FromString(last)
    example.features.feature[packed_columns.DENSE].float_list.value[0] = np.nan
    broken = prepared.write(tmp_path / "part-1.gz", [*rest, example.SerializeToString()])
    said = []
    for training in (TWO, {**TOGETHER, "batch_size": 64}):
        given = [files[0], broken, *files[2:]]
        with pytest.raises(DataError) as caught:
            run_fn(prepared.fn_args(tmp_path / "out", train_files=given, training=training))
        said.append(str(caught.value))
    assert "is not a finite number in this batch" in said[0]
    assert said[0] == said[1]


_PARENT = """
import sys, time
from widedeep.components.trainer.workers.local_processes import start_processes
from widedeep.components.trainer.workers.mailbox import Mailbox
mailbox = Mailbox(sys.argv[1])
mailbox.open({})
with start_processes(mailbox, 2):
    print("started", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_workers_end_with_the_process_that_waits_for_them(tmp_path: Path, number: signal.Signals) -> None:
    # With -P a real process, whose workers are its own children: not the server's that forks the tests' others.
    command = [sys.executable, "-P", "-c", _PARENT, str(tmp_path / "mail")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"started\n"
        deadline = time.monotonic() + 30
        while len(workers(tmp_path)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        parent.send_signal(number)
        parent.wait(30)
    deadline = time.monotonic() + 10
    while workers(tmp_path):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    # They were ended, and did not end for want of work.
    assert not list((tmp_path / "mail").glob("trouble-*"))
