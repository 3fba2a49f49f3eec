"""The jobs of a Flink cluster, by its REST API.

Paths, fields and states: Flink 1.20, "REST API" (JobManager's HTTP endpoint).
"""

from __future__ import annotations

from typing import Any

import requests

_ENDED = frozenset({"FINISHED", "CANCELED", "FAILED"})
# Seconds for a connection, and for an answer.
_TIMEOUT = (5.0, 20.0)


class FlinkJobs:
    """Jobs known to a JobManager.

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

    def _request(self, method: str, path: str) -> requests.Response:
        response = requests.request(method, self.place.rstrip("/") + path, timeout=_TIMEOUT)
        response.raise_for_status()
        return response
