"""Runs Beam executors so that none of their jobs stays on a cluster when nobody waits for it any more."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from tfx.orchestration.portable import beam_executor_operator
from tfx.proto.orchestration import execution_result_pb2

from widedeep.pipeline.launcher.flink_jobs import FlinkJobs
from widedeep.pipeline.launcher.service_jobs import ServiceJobs
from widedeep.pipeline.launcher.termination import termination_raises

JOB_NAME = "--job_name="
# Flink's masters inside the process that starts the run: they end with it.
_OWN_MASTERS = frozenset({"[local]", "[auto]"})
# Seconds that a cluster has to give a cancelled job's slots back.
_PATIENCE = 60.0


class Jobs(Protocol):
    """The jobs of a cluster."""

    place: str

    def running(self, name: str) -> list[str]:
        """The ids of the jobs of this name that have not ended."""
        ...

    def cancel(self, job: str) -> None:
        """Has a job end; returns before it has."""
        ...


class JobOperator(beam_executor_operator.BeamExecutorOperator):
    """TFX's way to a Beam executor, which leaves no job behind."""

    def run_executor(
        self, execution_info: Any, make_beam_pipeline_fn: Callable[[], Any] | None = None
    ) -> execution_result_pb2.ExecutorOutput:
        """Runs the executor for an execution, and returns what it says of its outputs."""
        options = [option.value.string_value for option in self.beam_pipeline_args]
        jobs, names = cluster_of(options), [option for option in options if option.startswith(JOB_NAME)]
        if jobs is None or not names:
            return super().run_executor(execution_info, make_beam_pipeline_fn)
        with none_left(jobs, names[-1].removeprefix(JOB_NAME)):
            return super().run_executor(execution_info, make_beam_pipeline_fn)


def cluster_of(options: Sequence[str]) -> Jobs | None:
    """Where Beam's options send jobs to; None where they end with this process, or can't be asked for."""
    values = dict(option.removeprefix("--").partition("=")[::2] for option in options)
    master = values.get("flink_master", "[auto]")
    if values.get("runner") == "FlinkRunner" and master not in _OWN_MASTERS:
        return FlinkJobs(master)
    if values.get("runner") == "PortableRunner" and "job_endpoint" in values:
        return ServiceJobs(values["job_endpoint"])
    return None


@contextmanager
def none_left(jobs: Jobs, name: str) -> Iterator[None]:
    """Ends the jobs of this name that an earlier attempt left, and those of the work inside where it ends early."""
    _end(jobs, name, "which an earlier attempt left", _PATIENCE)
    try:
        with termination_raises():
            yield
    except BaseException:
        # Nobody here needs its slots.
        _end(jobs, name, "whose step has ended", patience=0)
        raise


def _end(jobs: Jobs, name: str, why: str, patience: float) -> None:
    """Cancels, and waits some seconds until the slots are free. Whatever fails here is told, and stops nothing."""
    try:
        left = jobs.running(name)
        for job in left:
            logging.warning("Cancelling job %s (%s) at %s, %s.", job, name, jobs.place, why)
            jobs.cancel(job)
        end = time.monotonic() + patience
        while left and time.monotonic() < end:
            left = jobs.running(name)
            time.sleep(0.2)
        if left and patience:
            logging.warning("Not ended after %.0f s, and so holding slots at %s: %s", patience, jobs.place, left)
    # Each client has errors of its own, and a cluster that is away says more when the job is sent.
    except Exception as error:
        logging.warning("Whether jobs named %s still run at %s could not be found out: %s", name, jobs.place, error)
