"""What becomes of workers that train together when one is lost: what docs/how-to/workers.md says of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.components.trainer.workers import fault_table
from tests.components.trainer.workers.training_scene import ONE, TWO, Trained, assert_equal, trained, workers
from widedeep.components.common import progress
from widedeep.components.common.errors import DataError, WideDeepError
from widedeep.components.trainer.run import run_fn
from widedeep.components.transform import packed_columns

pytestmark = pytest.mark.usefixtures("forked_commands")


@dataclass(frozen=True)
class Broken:
    """A training of which a worker was killed, and that was called again.

    Attributes:
        said: by the first call.
        log: the killed worker's.
        steps: that the second call reported.
        result: of the second call.
    """

    said: str
    log: Path
    steps: list[int]
    result: Trained


def broken(prepared: Any, files: list[str], place: Path, number: int, training: dict[str, Any]) -> Broken:
    """Kills a worker once it has trained for twenty steps."""
    killed: list[float] = []

    def kill(report: Any) -> None:
        if report["step"] >= 20 and not killed:
            os.kill(workers(place)[number], signal.SIGKILL)
            killed.append(time.monotonic())

    first, second = (
        prepared.fn_args(place / name, train_files=files, training=training, model_run_dir=str(place / "runs" / name))
        for name in ("first", "second")
    )
    with progress.listener(kill), pytest.raises(WideDeepError) as caught:
        run_fn(first)
    # TensorFlow itself would take a minute to see it.
    assert time.monotonic() - killed[0] < 30
    assert workers(place) == {}
    [log] = (place / "runs" / "unfinished").glob(f"*/workers/worker-{number}.txt")
    steps: list[int] = []
    with progress.listener(lambda report: steps.append(report["step"])):
        run_fn(second)
    return Broken(str(caught.value), log, steps, trained(place / "second", place / "runs" / "second"))


def test_a_killed_worker_ends_the_training_in_words_and_the_same_call_carries_on(
    prepared: Any, files: list[str], two: Path, tmp_path: Path
) -> None:
    met = broken(prepared, files, tmp_path, 1, TWO)
    assert fault_table.words(fault_table.KILLED).fullmatch(met.said)
    assert met.said.endswith(f"Its log: {met.log}")
    assert min(met.steps) > 10
    assert_equal(met.result, trained(two))


def test_a_killed_chief_ends_the_training_in_words_and_the_same_call_carries_on(
    prepared: Any, files: list[str], tmp_path: Path
) -> None:
    """With dropout, and early stopping."""
    deep = {"hidden": [16, 8], "learning_rate": 0.1, "dropout": 0.2}
    training = {**TWO, "epochs": 12, "patience": 3, "deep": deep}
    run_fn(prepared.fn_args(tmp_path / "unbroken", train_files=files, training=training))
    unbroken = trained(tmp_path / "unbroken")
    met = broken(prepared, files, tmp_path, 0, training)
    assert fault_table.words(fault_table.CHIEF_KILLED).fullmatch(met.said)
    assert met.said.endswith(f"Its log: {met.log}")
    assert min(met.steps) > 10
    assert_equal(met.result, unbroken)
    # It was not a last epoch that ended it.
    assert len(unbroken[0]["curve"]) < 12


def test_what_one_workers_examples_bring_about_is_said_as_one_process_does(
    prepared: Any, files: list[str], tmp_path: Path
) -> None:
    """The numbers of a row are none, which the chief does not read."""
    *rest, last = tf.data.TFRecordDataset(files[1], "GZIP").as_numpy_iterator()
    example = tf.train.Example.FromString(last)
    example.features.feature[packed_columns.DENSE].float_list.value[0] = np.nan
    given = [files[0], prepared.write(tmp_path / "part-1.gz", [*rest, example.SerializeToString()]), *files[2:]]
    said = []
    for training in (TWO, ONE):
        with pytest.raises(DataError) as caught:
            run_fn(prepared.fn_args(tmp_path / "out", train_files=given, training=training))
        said.append(str(caught.value))
    assert fault_table.words(fault_table.NO_NUMBER).fullmatch(said[0])
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
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
