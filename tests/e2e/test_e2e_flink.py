"""A step's job on Flink, whose JobManager is a stand-in here: however the run ends, neither job nor jar stays there."""

from __future__ import annotations

import re
import signal
import time
import zipfile
from pathlib import Path

import pytest
from calls import arguments, called, started
from harness import Slice
from job_manager import JobManager

from tests.pipeline.launcher.conftest import job_manager
from widedeep.pipeline.launcher.cluster_jobs import job_name

__all__ = ["job_manager"]

# As Beam's runner on Flink wraps what a worker raised.
FAULT = """java.lang.RuntimeException: Error received from SDK harness for instruction 5: Traceback
  File "apache_beam/runners/worker/sdk_worker.py", line 313, in _execute
widedeep.components.common.errors.DataError: train/data.csv, row 17: 'age' is 'forty'

\tat org.apache.beam.runners.fnexecution.control.FnApiControlClient.handleResponse(FnApiControlClient.java:180)
"""


@pytest.fixture
def setting(job_manager: JobManager, tmp_path: Path) -> str:
    """Sends the data steps to Flink. As the job server that it packs the pipeline into, Beam takes any archive."""
    jar = tmp_path / "job-server.jar"
    with zipfile.ZipFile(jar, "w") as file:
        file.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
    options = (
        "--runner=FlinkRunner",
        f"--flink_master={job_manager.address}",
        "--flink_submit_uber_jar",
        f"--flink_job_server_jar={jar}",
        "--environment_type=EXTERNAL",
        "--environment_config=localhost:1",
    )
    return f"beam.options=[{', '.join(options)}]"


def running(manager: JobManager, count: int) -> str:
    """The latest of so many jobs, as soon as it runs; its jar, of the job's name, is there."""
    deadline = time.monotonic() + 120
    while len(manager.states) < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    job = list(manager.states)[-1]
    assert manager.states[job] == "RUNNING"
    jars = [jar.partition("_")[2] for jar in manager.jars]
    assert jars == ["of-another-step.jar", f"{manager.names[job]}.jar"]
    return job


def test_however_a_run_ends_neither_its_job_nor_its_jar_stays(
    taxi: Slice, job_manager: JobManager, setting: str, tmp_path: Path
) -> None:
    workdir = tmp_path / "work"
    name = job_name(str(workdir / "artifacts"), "taxi", "ExampleGen")
    job_manager.submit("b1", "of-another-step")
    job_manager.jars["b1_of-another-step.jar"] = b""

    def nothing_stays(ended: list[str]) -> None:
        assert job_manager.states == {"b1": "RUNNING"} | dict.fromkeys(ended, "CANCELED")
        assert list(job_manager.jars) == ["b1_of-another-step.jar"]

    with started(taxi, workdir, setting) as killed:
        first = running(job_manager, 2)
        assert job_manager.names[first] == name
        killed.process.kill()
    assert job_manager.states[first] == "RUNNING"

    with started(taxi, workdir, setting) as interrupted:
        second = running(job_manager, 3)
        interrupted.process.send_signal(signal.SIGINT)
        _, said = interrupted.process.communicate(timeout=120)
    assert "Interrupted. The same command carries on from here." in said
    # Until it is asked for once more, a cancelled job is on its way.
    job_manager.overview()
    nothing_stays([first, second])

    with started(taxi, workdir, setting) as terminated:
        third = running(job_manager, 4)
        terminated.process.send_signal(signal.SIGTERM)
        _, said = terminated.process.communicate(timeout=120)
    assert "Terminated. The same command carries on from here." in said
    assert terminated.process.returncode == 128 + signal.SIGTERM
    job_manager.overview()
    nothing_stays([first, second, third])


def test_what_a_worker_raised_is_told_as_it_was(
    taxi: Slice, job_manager: JobManager, setting: str, tmp_path: Path
) -> None:
    job_manager.fault = FAULT
    done = called(*arguments(taxi, tmp_path / "work", setting))
    assert done.returncode == 1
    assert re.search(r"ExampleGen stopped: train/data\.csv, row 17: 'age' is 'forty'\n", done.stderr), done.stderr
    assert (list(job_manager.states.values()), job_manager.jars) == (["FAILED"], {})
