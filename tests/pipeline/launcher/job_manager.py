"""A JobManager's REST API as Flink 1.20 describes it: the paths, fields and states that jobs are found and ended by."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class JobManager:
    """Jobs with their names and states; a cancelled one is CANCELLING until it was asked for once more.

    Attributes:
        states: by job.
        names: by job.
        address: HOST:PORT.
    """

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.stuck = False
        jobs = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                jobs.answer(self, 200, jobs.overview()) if self.path == "/v1/jobs/overview" else jobs.missing(self)

            def do_PATCH(self) -> None:
                job = self.path.removeprefix("/v1/jobs/").removesuffix("?mode=cancel")
                if job not in jobs.states or not self.path.endswith("?mode=cancel"):
                    jobs.missing(self)
                    return
                jobs.states[job] = "CANCELLING"
                jobs.answer(self, 202, {})

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"

    def submit(self, job: str, name: str, state: str = "RUNNING") -> None:
        self.states[job], self.names[job] = state, name

    def overview(self) -> dict[str, list[dict[str, object]]]:
        listed: list[dict[str, object]] = [
            {"jid": job, "name": self.names[job], "state": state, "start-time": 1, "end-time": -1, "duration": 1}
            for job, state in self.states.items()
        ]
        for job, state in self.states.items():
            if state == "CANCELLING" and not self.stuck:
                self.states[job] = "CANCELED"
        return {"jobs": listed}

    def missing(self, handler: BaseHTTPRequestHandler) -> None:
        self.answer(handler, 404, {"errors": ["Not found."]})

    @staticmethod
    def answer(handler: BaseHTTPRequestHandler, code: int, body: object) -> None:
        written = json.dumps(body).encode()
        handler.send_response(code)
        handler.send_header("Content-Length", str(len(written)))
        handler.end_headers()
        handler.wfile.write(written)
