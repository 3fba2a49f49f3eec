"""The jobs of a Beam job service (Prism, or the job server of Flink or Spark), by its gRPC API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

# Seconds for an answer.
_TIMEOUT = 20.0
# The job's own name is "job" for all that Python's SDK sends.
_NAME = "beam:option:job_name:v1"


class ServiceJobs:
    """Jobs known to a job service.

    Args:
        endpoint: HOST:PORT, as Beam's `job_endpoint`.
    """

    def __init__(self, endpoint: str) -> None:
        self.place = endpoint

    def running(self, name: str) -> list[str]:
        """The ids of the jobs of this name that have not ended, and were not told to."""
        with self._service() as (service, api):
            # Prism 2.77 leaves a job at CANCELLING for ever that was cancelled before its workers had started.
            ending = (api.JobState.CANCELLING, api.JobState.CANCELLED)
            ended = (api.JobState.DONE, api.JobState.FAILED, api.JobState.DRAINED, *ending)
            jobs = service.GetJobs(api.GetJobsRequest(), timeout=_TIMEOUT).job_info
        return [
            job.job_id
            for job in jobs
            if job.pipeline_options.fields[_NAME].string_value == name and job.state not in ended
        ]

    def cancel(self, job: str) -> None:
        """Has a job end; returns before it has."""
        with self._service() as (service, api):
            service.Cancel(api.CancelJobRequest(job_id=job), timeout=_TIMEOUT)

    def marked(self, name: str) -> AbstractContextManager[None]:  # noqa: ARG002
        """Marks nothing, see `discard`."""
        return nullcontext()

    def discard(self, name: str) -> None:
        """Does nothing: what is handed over to a job service is its own business."""

    @contextmanager
    def _service(self) -> Iterator[tuple[Any, Any]]:
        # Beam is imported where a job is looked for: a step whose result is cached has none.
        import grpc
        from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc

        # As Beam's own runner, which has no other.
        with grpc.insecure_channel(self.place) as channel:
            yield beam_job_api_pb2_grpc.JobServiceStub(channel), beam_job_api_pb2
