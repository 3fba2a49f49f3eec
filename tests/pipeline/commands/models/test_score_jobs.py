"""A scoring on Flink, whose JobManager is a stand-in here, leaves neither job nor jar there, however it ends."""

from __future__ import annotations

import signal
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import forked
import pytest
from forked import WIDEDEEP
from job_manager import JobManager

from tests.pipeline.commands.models.test_score_command import folder
from tests.pipeline.launcher.conftest import job_manager
from widedeep.pipeline.launcher.cluster_jobs import job_name

__all__ = ["folder", "job_manager"]

pytestmark = pytest.mark.usefixtures("forked_commands")
Start = Callable[[str, int], AbstractContextManager[forked.Popen]]


@pytest.fixture
def scoring(job_manager: JobManager, folder: Path) -> Start:
    """Starts to score on Flink into a file, and waits until so many jobs were made there."""
    with zipfile.ZipFile(folder / "job-server.jar", "w") as file:
        file.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
    options = (
        *("--runner=FlinkRunner", f"--flink_master={job_manager.address}", "--flink_submit_uber_jar"),
        f"--flink_job_server_jar={folder / 'job-server.jar'}",
        *("--environment_type=EXTERNAL", "--environment_config=localhost:1"),
    )

    @contextmanager
    def started(out: str, jobs: int) -> Iterator[forked.Popen]:
        words = [WIDEDEEP, "score", "1", "rows.csv", "--out", out, "--set", f"beam.options=[{', '.join(options)}]"]
        with forked.Popen(words, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
            deadline = time.monotonic() + 120
            while len(job_manager.states) < jobs:
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            try:
                yield process
            finally:
                process.kill()

    return started


def test_however_it_ends_no_job_stays(job_manager: JobManager, scoring: Start, folder: Path) -> None:
    with scoring("scores.csv", 1) as killed:
        [first] = job_manager.states
        assert job_manager.names[first] == job_name(str(folder / "scores.csv"), "score", "scores.csv")
        killed.kill()
    assert job_manager.states == {first: "RUNNING"}

    with scoring("scores.csv", 2) as interrupted:
        # What the killed one left is ended, and its jar gone.
        assert job_manager.states[first] == "CANCELED"
        assert len(job_manager.jars) == 1
        interrupted.send_signal(signal.SIGINT)
        _, said = interrupted.communicate(timeout=60)
    assert said == "Interrupted. Nothing was written.\n"
    assert (interrupted.returncode, job_manager.jars) == (1, {})

    with scoring("scores.csv", 3) as terminated:
        terminated.send_signal(signal.SIGTERM)
        _, said = terminated.communicate(timeout=60)
    assert said == "Interrupted. Nothing was written.\n"
    assert (terminated.returncode, job_manager.jars) == (128 + signal.SIGTERM, {})
    job_manager.overview()
    assert set(job_manager.states.values()) == {"CANCELED"}
    assert sorted(path.name for path in folder.iterdir()) == ["1", "job-server.jar", "rows.csv"]


def test_one_that_writes_elsewhere_or_the_same_still_is_left_alone(
    job_manager: JobManager, scoring: Start, folder: Path
) -> None:
    with scoring("scores.csv", 1), scoring("others.csv", 2):
        first, second = job_manager.states
        with scoring("scores.csv", 2) as same:
            _, said = same.communicate(timeout=60)
        assert same.returncode == 1
        assert "another process" in said
        assert job_manager.states == {first: "RUNNING", second: "RUNNING"}
        assert len(job_manager.jars) == 2
