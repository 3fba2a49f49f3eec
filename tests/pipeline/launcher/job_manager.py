"""A JobManager's REST API as Flink 1.20 describes it, as far as Beam's client and ours ask it; no job does anything.

What the answers have to look like: rest_schema.py.
"""

from __future__ import annotations

import io
import json
import re
import uuid
import zipfile
from contextlib import suppress
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, Any]]
ENDED = ("FINISHED", "CANCELED", "FAILED")
# Where Beam puts a job's options into its jar: PortablePipelineJarUtils.
OPTIONS = "BEAM-PIPELINE/pipeline/pipeline-options.json"


class JobManager:
    """Jobs with their names and states; a cancelled one is CANCELLING until it was asked for once more.

    Attributes:
        states: by job.
        names: by job.
        jars: by id, what was uploaded.
        asked: methods and paths of all requests.
        stuck: cancelled jobs do not end.
        fault: what jobs that are run from jars fail with; None: they run on.
        address: HOST:PORT.
    """

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.jars: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.stuck = False
        self.fault: str | None = None
        jobs = self

        class Handler(BaseHTTPRequestHandler):
            def _handle(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                jobs.asked.append(f"{self.command} {self.path}")
                code, answer = jobs.answer(self.command, self.path, self.headers.get("Content-Type", ""), body)
                written = json.dumps(answer).encode()
                # Whoever asked may be killed by now.
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.send_response(code)
                    self.send_header("Content-Length", str(len(written)))
                    self.end_headers()
                    self.wfile.write(written)

            do_GET = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"

    def submit(self, job: str, name: str, state: str = "RUNNING") -> None:
        self.states[job], self.names[job] = state, name

    def answer(self, method: str, path: str, content_type: str = "", body: bytes = b"") -> Answer:
        routes = {
            r"GET /v1/config": self.config,
            r"GET /v1/jars": self.jar_list,
            r"POST /v1/jars/upload": lambda: self.upload(content_type, body),
            r"POST /v1/jars/([^/]+)/run": self.run,
            r"DELETE /v1/jars/([^/]+)": self.delete_jar,
            r"GET /v1/jobs/overview": self.overview,
            r"GET /v1/jobs/(\w+)": self.job,
            r"GET /v1/jobs/(\w+)/execution-result": self.result,
            r"GET /v1/jobs/(\w+)/exceptions": self.exceptions,
            r"PATCH /v1/jobs/(\w+)\?mode=cancel": self.cancel,
        }
        for pattern, route in routes.items():
            if match := re.fullmatch(pattern, f"{method} {path}"):
                known = {**self.states, **self.jars}
                if all(name in known for name in match.groups()):
                    return route(*match.groups())
        return 404, {"errors": [f"Not found: {path}"]}

    def config(self) -> Answer:
        features = {"web-submit": True, "web-cancel": False, "web-rescale": False, "web-history": False}
        versions = {"flink-version": "1.20.1", "flink-revision": "abcdef0 @ 2025-01-01T00:00:00+00:00"}
        zone = {"timezone-name": "Coordinated Universal Time", "timezone-offset": 0}
        return 200, {"refresh-interval": 3000, **zone, **versions, "features": features}

    def upload(self, content_type: str, body: bytes) -> Answer:
        message = BytesParser().parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
        [part] = message.get_payload()  # type: ignore[misc]
        name = part.get_filename()  # type: ignore[union-attr]
        if not name.endswith(".jar"):
            return 400, {"errors": ["Only Jar files are allowed."]}
        jar = f"{uuid.uuid4()}_{name}"
        self.jars[jar] = part.get_payload(decode=True)  # type: ignore[union-attr,assignment]
        return 200, {"filename": f"/tmp/flink-web/flink-web-upload/{jar}", "status": "success"}

    def jar_list(self) -> Answer:
        entry = {"name": "org.apache.beam.runners.flink.FlinkPipelineRunner", "description": None}
        files = [
            {"id": jar, "name": jar.partition("_")[2], "uploaded": 1700000000000, "entry": [entry]} for jar in self.jars
        ]
        return 200, {"address": f"http://{self.address}", "files": files}

    def delete_jar(self, jar: str) -> Answer:
        del self.jars[jar]
        return 200, {}

    def run(self, jar: str) -> Answer:
        with zipfile.ZipFile(io.BytesIO(self.jars[jar])) as file:
            options = json.loads(file.read(OPTIONS))
        job = uuid.uuid4().hex
        self.submit(job, options["beam:option:job_name:v1"], "FAILED" if self.fault else "RUNNING")
        return 200, {"jobid": job}

    def overview(self) -> Answer:
        times = {"start-time": 1, "end-time": -1, "duration": 1, "last-modification": 1}
        listed = [
            {"jid": job, "name": self.names[job], "state": state, **times, "tasks": {"total": 1}}
            for job, state in self.states.items()
        ]
        for job, state in self.states.items():
            if state == "CANCELLING" and not self.stuck:
                self.states[job] = "CANCELED"
        return 200, {"jobs": listed}

    def job(self, job: str) -> Answer:
        return 200, {"jid": job, "name": self.names[job], "state": self.states[job], "start-time": 1, "vertices": []}

    def result(self, job: str) -> Answer:
        if self.states[job] not in ENDED:
            return 200, {"status": {"id": "IN_PROGRESS"}}
        outcome = {"FINISHED": "SUCCEEDED"}.get(self.states[job], self.states[job])
        result = {"id": job, "application-status": outcome, "accumulator-results": {}, "net-runtime": 1}
        return 200, {"status": {"id": "COMPLETED"}, "job-execution-result": result}

    def exceptions(self, job: str) -> Answer:
        faults = [] if self.states[job] != "FAILED" else [{"exception": self.fault, "timestamp": 1, "task": "1"}]
        history = {"entries": [], "truncated": False}
        root = faults[0]["exception"] if faults else None
        told = {"all-exceptions": faults, "truncated": False, "exceptionHistory": history}
        return 200, {"root-exception": root, "timestamp": 1, **told}

    def cancel(self, job: str) -> Answer:
        self.states[job] = "CANCELLING"
        return 202, {}
