"""A job that failed on a runner of its own, in words: what the runner said, where to look, and what to do then."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from widedeep.components.common.errors import WideDeepError, reason, unwrap
from widedeep.pipeline.definition.beam_options import values_of
from widedeep.pipeline.launcher.cluster_jobs import cluster_of, name_of

# As Beam's portable runner says it: the runner's id of the job, and the runner's own words.
_FAILED = re.compile(r"Pipeline (\S+) failed in state [A-Z]+: (.*)", re.DOTALL)
# A worker's traceback comes as text; its indented lines end with the error.
_RAISED = re.compile(r"Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*(\S.*)")
_STEP = re.compile(r" \[while running '.*")
# What Beam gives a job at a service that knows it before it runs, as Prism does; Java's services give it for ever.
_TIMEOUT = "300"


_CARRY_ON = "The same command carries on from here."


class JobFailedError(WideDeepError):
    """A job that failed, or of which nothing is heard any more."""


@contextmanager
def told(options: Sequence[str]) -> Iterator[None]:
    """Tells in words what Beam says of a job that fails inside; an error for people is told as it is.

    Args:
        options: of Beam: where the jobs go, and their name. Without either nothing is told.

    Raises:
        JobFailedError: the job failed, or its runner does not answer.
    """
    jobs, name = cluster_of(options), name_of(options)
    if jobs is None or name is None:
        yield
        return
    import grpc

    try:
        yield
    except (RuntimeError, grpc.RpcError, grpc.FutureTimeoutError) as error:
        if isinstance(unwrap(error), WideDeepError):
            raise
        words = _words(error, name, jobs.place, values_of(options))
        if words is None:
            raise
        raise JobFailedError(words) from error


def _words(error: Exception, name: str, place: str, options: Mapping[str, str]) -> str | None:
    """None of an error of our own code, which no job had."""
    import grpc

    limit, logs = options.get("job_server_timeout", _TIMEOUT), _logs(options)
    if isinstance(error, grpc.FutureTimeoutError):
        return f"no runner answers at {place} within {limit} s. Start one there, or mend its address in beam.options."
    if not isinstance(error, grpc.RpcError):
        return _words_of_runner(str(error), name, place, logs)
    # The errors of calls are calls, too; gRPC's own text begins with a line that names nothing.
    code, details = (getattr(error, part, None) for part in ("code", "details"))
    status = code() if callable(code) else None
    if status is grpc.StatusCode.DEADLINE_EXCEEDED:
        return (
            f"the job {name} at {place} has not ended within the {limit} s of --job_server_timeout. Where it needs "
            f"longer, give more in beam.options; or it lost a worker, and the runner says nothing of it: see {logs}. "
            f"{_CARRY_ON}"
        )
    said = f"{status.name}: {details()}" if status and callable(details) else str(error)
    return (
        f"nothing is heard any more of the job {name} at {place}: {reason(said)}. Most often the runner has ended, as "
        f"where memory runs out: see {logs}. {_CARRY_ON}"
    )


def _words_of_runner(text: str, name: str, place: str, logs: str) -> str | None:
    failed = _FAILED.match(text)
    if failed is None:
        return None
    job = f"the job {failed[1]} ({name}) at {place} failed"
    raised = _RAISED.findall(failed[2])
    if raised:
        return f"{job} in a worker: {reason(_STEP.sub('', raised[-1]))}. The log has the whole trace."
    said = reason(failed[2].strip().partition("\n")[0])
    return (
        f"{job}, and no worker told why: {said}. Most often a worker was killed, as where memory runs out: see {logs}. "
        f"{_CARRY_ON}"
    )


def _logs(options: Mapping[str, str]) -> str:
    """Where workers and runner tell of themselves."""
    pool = options.get("environment_config")
    if options.get("environment_type") == "EXTERNAL" and pool:
        return f"the logs of the worker pool at {pool} and of the runner"
    return "the logs of its workers and of the runner"
