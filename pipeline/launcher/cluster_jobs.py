"""None of the jobs that work sends to a cluster stays there when nobody waits for it any more."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from widedeep.pipeline.definition.beam_options import values_of
from widedeep.pipeline.launcher.flink_jobs import FlinkJobs
from widedeep.pipeline.launcher.service_jobs import ServiceJobs
from widedeep.pipeline.launcher.termination import termination_raises

JOB_NAME = "--job_name="
# Flink's masters inside the process that starts the run: they end with it.
_OWN_MASTERS = frozenset({"[local]", "[auto]"})
_OTHER_CHARACTERS = re.compile(r"[^a-z0-9]+")
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

    def marked(self, name: str) -> AbstractContextManager[None]:
        """What is handed over to the cluster inside is marked, so that `discard` finds it."""
        ...

    def discard(self, name: str) -> None:
        """Deletes what was handed over to the cluster for jobs of this name."""
        ...


def cluster_of(options: Sequence[str]) -> Jobs | None:
    """Where Beam's options send jobs to; None where they end with this process, or can't be asked for."""
    values = values_of(options)
    master = values.get("flink_master", "[auto]")
    if values.get("runner") == "FlinkRunner" and master not in _OWN_MASTERS:
        return FlinkJobs(master)
    if values.get("runner") == "PortableRunner" and "job_endpoint" in values:
        return ServiceJobs(values["job_endpoint"])
    return None


def job_name(root: str, pipeline: str, node: str) -> str:
    """The name of a node's jobs on a cluster: no other pipeline's, and none that writes elsewhere, has it.

    Args:
        root: where it writes.
        pipeline: the pipeline's name.
        node: one of its nodes.
    """
    place = hashlib.sha256(f"{root}\n{pipeline}".encode()).hexdigest()[:8]
    readable = _OTHER_CHARACTERS.sub("-", f"{pipeline}-{node}".lower()).strip("-")
    return f"widedeep-{readable}-{place}"


def name_of(options: Sequence[str]) -> str | None:
    """The name that Beam's options give to jobs; None where they give none."""
    names = [option.removeprefix(JOB_NAME) for option in options if option.startswith(JOB_NAME)]
    return names[-1] if names else None


@contextmanager
def none_left(options: Sequence[str]) -> Iterator[None]:
    """Ends the jobs that an earlier attempt left, and those of the work inside where it ends early, by SIGTERM too.

    Args:
        options: of Beam: where the jobs go, and their name. Without either nothing is looked for.
    """
    jobs, name = cluster_of(options), name_of(options)
    if jobs is None or name is None:
        yield
        return
    _end(jobs, name, "which an earlier attempt left", _PATIENCE)
    try:
        with termination_raises(), jobs.marked(name):
            yield
    except BaseException:
        # Nobody here needs its slots.
        _end(jobs, name, "whose step has ended", patience=0)
        raise


def end_jobs(options: Sequence[str], why: str) -> None:
    """Ends the jobs of work that can't do so itself any more.

    Args:
        options: as `none_left` got them.
        why: the end of the sentence that tells of it.
    """
    jobs, name = cluster_of(options), name_of(options)
    if jobs is not None and name is not None:
        _end(jobs, name, why, patience=0)


def _end(jobs: Jobs, name: str, why: str, patience: float) -> None:
    """Cancels, and waits some seconds until the slots are free. Whatever fails here is told, and stops nothing."""
    try:
        left = jobs.running(name)
        for job in left:
            logging.warning("Cancelling job %s (%s) at %s, %s.", job, name, jobs.place, why)
            jobs.cancel(job)
        jobs.discard(name)
        end = time.monotonic() + patience
        while left and time.monotonic() < end:
            left = jobs.running(name)
            time.sleep(0.2)
        if left and patience:
            logging.warning("Not ended after %.0f s, and so holding slots at %s: %s", patience, jobs.place, left)
    # Each client has errors of its own, and a cluster that is away says more when the job is sent.
    except Exception as error:
        logging.warning("Whether jobs named %s still run at %s could not be found out: %s", name, jobs.place, error)
