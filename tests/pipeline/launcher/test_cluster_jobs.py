"""No job stays on a cluster: neither an earlier attempt's, nor this one's when it ends early."""

from __future__ import annotations

import logging
import os
import signal

import pytest
from job_manager import JobManager

from widedeep.pipeline.launcher import cluster_jobs
from widedeep.pipeline.launcher.cluster_jobs import cluster_of, none_left
from widedeep.pipeline.launcher.flink_jobs import FlinkJobs
from widedeep.pipeline.launcher.service_jobs import ServiceJobs

NAME = "widedeep-taxi-transform-0a1b2c3d"


@pytest.fixture
def flink(job_manager: JobManager) -> list[str]:
    return ["--runner=FlinkRunner", f"--flink_master={job_manager.address}", f"--job_name={NAME}"]


def test_what_an_earlier_attempt_left_is_ended_before_the_work_and_nothing_else(
    job_manager: JobManager, flink: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    job_manager.submit("a1", NAME)
    job_manager.submit("a2", NAME, "RESTARTING")
    job_manager.submit("a3", NAME, "FINISHED")
    job_manager.submit("b1", "widedeep-taxi-transform-99999999")
    with none_left(flink):
        assert job_manager.states == {"a1": "CANCELED", "a2": "CANCELED", "a3": "FINISHED", "b1": "RUNNING"}
        job_manager.submit("a4", NAME)
    # Work that ends well has waited for its job itself.
    assert job_manager.states["a4"] == "RUNNING"
    told = [record.message for record in caplog.records]
    assert told == [
        f"Cancelling job {job} ({NAME}) at http://{job_manager.address}, which an earlier attempt left."
        for job in ("a1", "a2")
    ]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_job_whose_step_ends_early_is_ended(
    job_manager: JobManager, flink: list[str], error: type[BaseException]
) -> None:
    def work() -> None:
        job_manager.submit("a1", NAME)
        raise error

    with pytest.raises(error), none_left(flink):
        work()
    assert job_manager.states == {"a1": "CANCELLING"}


def test_a_terminated_step_ends_its_job_and_leaves_with_the_signals_code(
    job_manager: JobManager, flink: list[str]
) -> None:
    def work() -> None:
        job_manager.submit("a1", NAME)
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as left, none_left(flink):
        work()
    assert left.value.code == 128 + 15
    assert job_manager.states == {"a1": "CANCELLING"}
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_job_that_does_not_end_is_told_and_the_work_goes_on(
    job_manager: JobManager, flink: list[str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_jobs, "_PATIENCE", 0.5)
    job_manager.stuck = True
    job_manager.submit("a1", NAME)
    worked = []
    with none_left(flink):
        worked.append(True)
    assert worked
    assert f"and so holding slots at http://{job_manager.address}: ['a1']" in caplog.records[-1].message


@pytest.mark.parametrize(
    ("options", "place"),
    [
        (["--runner=FlinkRunner", "--flink_master=127.0.0.1:1"], "http://127.0.0.1:1"),
        (["--runner=PortableRunner", "--job_endpoint=127.0.0.1:1"], "127.0.0.1:1"),
    ],
)
def test_a_cluster_that_does_not_answer_is_told_and_the_work_fails_with_its_own_error(
    options: list[str], place: str, caplog: pytest.LogCaptureFixture
) -> None:
    named = [*options, f"--job_name={NAME}"]
    with caplog.at_level(logging.WARNING), pytest.raises(ValueError, match="its own"), none_left(named):
        raise ValueError("its own")
    told = f"Whether jobs named {NAME} still run at {place} could not be found out: "
    assert [record.message.startswith(told) for record in caplog.records] == [True, True]


def test_jobs_are_looked_for_where_the_options_send_them() -> None:
    flink = cluster_of(["--runner=FlinkRunner", "--flink_master=https://flink:8081/proxy/"])
    assert isinstance(flink, FlinkJobs)
    assert flink.place == "https://flink:8081/proxy/"
    service = cluster_of(["--runner=PortableRunner", "--job_endpoint=localhost:8099"])
    assert isinstance(service, ServiceJobs)
    assert service.place == "localhost:8099"
    for options in (
        ["--runner=FlinkRunner", "--flink_master=[local]"],
        ["--runner=widedeep.components.common.process.direct_engine.DirectEngine"],
        ["--runner=DataflowRunner", "--project=shop"],
    ):
        assert cluster_of(options) is None
