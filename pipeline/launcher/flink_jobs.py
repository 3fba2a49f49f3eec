"""The jobs of a Flink cluster, by its REST API.

Paths, fields and states: Flink 1.20, "REST API" (JobManager's HTTP endpoint).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

_ENDED = frozenset({"FINISHED", "CANCELED", "FAILED"})
# Seconds for a connection, and for an answer.
_TIMEOUT = (5.0, 20.0)


class FlinkJobs:
    """Jobs known to a JobManager, and the jars that were uploaded for them.

    Args:
        master: its address, as Beam's `flink_master`: HOST:PORT, or with http:// or https:// before it.
    """

    def __init__(self, master: str) -> None:
        self.place = master if "://" in master else f"http://{master}"

    def running(self, name: str) -> list[str]:
        """The ids of the jobs of this name that have not ended."""
        jobs: list[dict[str, Any]] = self._request("GET", "/v1/jobs/overview").json()["jobs"]
        return [job["jid"] for job in jobs if job["name"] == name and job["state"] not in _ENDED]

    def cancel(self, job: str) -> None:
        """Has a job end; returns before it has."""
        self._request("PATCH", f"/v1/jobs/{job}?mode=cancel")

    @contextmanager
    def marked(self, name: str) -> Iterator[None]:
        """Jars that Beam uploads inside have the name of their jobs: it calls all of them beam.jar."""
        from apache_beam.runners.portability.flink_uber_jar_job_server import FlinkBeamJob

        post = FlinkBeamJob.post

        def named(job: Any, path: str, **more: Any) -> Any:
            files = {field: (jar_name(name), content) for field, (_, content) in more.pop("files", {}).items()}
            return post(job, path, **more, **({"files": files} if files else {}))

        FlinkBeamJob.post = named
        try:
            yield
        finally:
            FlinkBeamJob.post = post

    def discard(self, name: str) -> None:
        """Deletes the jars of this name: the whole job server and a pipeline each. A job that runs has its own copy."""
        files: list[dict[str, Any]] = self._request("GET", "/v1/jars").json()["files"]
        for file in files:
            if file["name"] == jar_name(name):
                self._request("DELETE", f"/v1/jars/{file['id']}")

    def _request(self, method: str, path: str) -> requests.Response:
        response = requests.request(method, self.place.rstrip("/") + path, timeout=_TIMEOUT)
        response.raise_for_status()
        return response


def jar_name(name: str) -> str:
    """What the jar is called that holds the jobs of a name."""
    return f"{name}.jar"
