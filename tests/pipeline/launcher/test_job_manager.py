"""The stand-in for a JobManager answers as Flink does by its description: with no field that Flink has not."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from job_manager import OPTIONS, JobManager
from rest_schema import CODES, FIELDS, STATES


def objects(where: str, answer: dict[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """The fields of an answer, and of the objects in it that are described."""
    yield where, set(answer)
    for field, value in answer.items():
        inner = f"{where} {field}"
        if inner in FIELDS:
            for each in value if isinstance(value, list) else [value]:
                yield from objects(inner, each)


@pytest.fixture
def ask(job_manager: JobManager) -> Any:
    """Asks, holds the answer to the description, and gives it."""
    held: set[str] = set()

    def answer(method: str, path: str, **more: Any) -> Any:
        response = requests.request(method, f"http://{job_manager.address}/v1{path}", timeout=10, **more)
        described = re.sub(r"/jobs/[0-9a-f]{32}", "/jobs/:jobid", path.partition("?")[0])
        described = f"{method} {re.sub(r'/jars/[-0-9a-f]{36}_[^/]*', '/jars/:jarid', described)}"
        assert response.status_code == CODES.get(described, 200)
        for where, fields in objects(described, response.json()):
            held.add(where)
            assert fields <= FIELDS[where], where
        return response.json()

    answer.held = held  # type: ignore[attr-defined]
    return answer


def jar(name: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        file.writestr(OPTIONS, json.dumps({"beam:option:job_name:v1": name}))
    return written.getvalue()


def test_every_answer_is_one_of_flinks(ask: Any, job_manager: JobManager) -> None:
    assert ask("GET", "/config")["flink-version"].startswith("1.20.")
    uploaded = ask("POST", "/jars/upload", files={"jarfile": ("mine.jar", jar("a-job"))})
    assert uploaded["status"] == "success"
    [listed] = ask("GET", "/jars")["files"]
    # As Beam and we read it: the id is the file's name, which ends with that it was uploaded by.
    assert (listed["id"], listed["name"]) == (uploaded["filename"].rpartition("/")[2], "mine.jar")
    running = ask("POST", f"/jars/{listed['id']}/run", json={"entryClass": "x"})["jobid"]
    assert ask("GET", f"/jobs/{running}/execution-result")["status"] == {"id": "IN_PROGRESS"}
    job_manager.fault = "ValueError: one row"
    failed = ask("POST", f"/jars/{listed['id']}/run", json={"entryClass": "x"})["jobid"]
    assert ask("GET", f"/jobs/{failed}/execution-result")["status"] == {"id": "COMPLETED"}
    assert ask("GET", f"/jobs/{failed}/exceptions")["all-exceptions"][0]["exception"] == "ValueError: one row"
    ask("PATCH", f"/jobs/{running}?mode=cancel")
    assert [(job["jid"], job["name"]) for job in ask("GET", "/jobs/overview")["jobs"]] == [
        (running, "a-job"),
        (failed, "a-job"),
    ]
    assert ask("GET", f"/jobs/{running}")["state"] == "CANCELED"
    ask("DELETE", f"/jars/{listed['id']}")
    assert ask("GET", "/jars")["files"] == []

    assert ask.held == set(FIELDS)
    assert set(job_manager.states.values()) <= STATES


def test_what_flink_refuses_is_refused(job_manager: JobManager) -> None:
    place = f"http://{job_manager.address}/v1"
    refused = requests.post(f"{place}/jars/upload", files={"jarfile": ("mine.zip", b"")}, timeout=10)
    assert refused.status_code == 400
    for method, path in (("GET", "/jobs/0"), ("DELETE", "/jars/none.jar"), ("POST", "/0/stop")):
        answer = requests.request(method, place + path, timeout=10)
        assert (answer.status_code, list(answer.json())) == (404, ["errors"])
