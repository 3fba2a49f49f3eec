"""A server of Kubeflow Pipelines' v2beta1 API in memory, as far as a client needs it to start runs.

It refuses what the API does not define: requests' bodies must fit the API's published models (kfp_server_api), key by
key and type by type, query parameters must be known ones, references must lead somewhere.
"""

from __future__ import annotations

import email
import email.policy
import json
import re
import threading
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import kfp_server_api
import yaml

# What the API calls string, but is a number of 64 bits on the wire.
INT64 = {"max_concurrency", "interval_second"}
PAGING = {"page_token", "page_size", "sort_by", "filter"}


class Refused(Exception):  # noqa: N818
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def check(value: Any, kind: str, name: str) -> None:
    """Whether a JSON value is what the API's model says."""
    listed, mapped = re.fullmatch(r"list\[(.*)\]", kind), re.fullmatch(r"dict\(str, (.*)\)", kind)
    model = getattr(kfp_server_api, kind, None)
    if listed:
        require(isinstance(value, list), f"{name}: no list")
        for item in value:
            check(item, listed[1], name)
    elif mapped:
        require(isinstance(value, dict), f"{name}: no object")
        for key, item in value.items():
            check(item, mapped[1], f"{name}.{key}")
    elif model is not None and model.openapi_types:
        require(isinstance(value, dict), f"{name}: no object")
        types = {model.attribute_map[key]: type_ for key, type_ in model.openapi_types.items()}
        for key, item in value.items():
            require(key in types, f"unknown field {name}.{key}")
            if item is not None:
                check(item, types[key], f"{name}.{key}")
    elif model is not None:
        require(value in model.allowable_values, f"{name}: no such value {value}")
    elif kind == "str" and name.rpartition(".")[2] in INT64:
        require(isinstance(value, int) or str(value).isdecimal(), f"{name}: no int64")
    elif kind != "object":
        wanted = {"str": str, "bool": bool, "int": int, "float": float, "datetime": str}[kind]
        require(isinstance(value, wanted), f"{name}: {value!r} is no {kind}")


def require(holds: bool, message: str) -> None:
    if not holds:
        raise Refused(400, f"InvalidArgument: {message}")


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Api:
    """The server's state, and what it was asked.

    Attributes:
        token: the one that is valid; None lets everybody in.
        multi_user: whether each user has a namespace.
        forbidden: the namespace that is somebody else's.
        version: as the server tells it, beyond the API's published model; empty for one that does not.
        pages: whether it shows pages, as behind the gateway, beside the API.
        progress: the states of each step at each look at a run; the last look stays.
        ends: the state of a run at the last look.
        failing: which questions about a run fail, from 1.
        log: method and path of each request.
    """

    token: str | None = None
    multi_user: bool = False
    forbidden: str | None = None
    version: str = "2.16.1"
    pages: bool = False
    progress: list[dict[str, str]] = field(default_factory=list)
    ends: str = "SUCCEEDED"
    failing: Collection[int] = ()
    pipelines: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    experiments: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    recurring: dict[str, dict[str, Any]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    looks: int = 0
    asked: int = 0

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Any:
        for (verb, pattern), (handler, known) in ROUTES.items():
            match = re.fullmatch(f"/apis/v2beta1{pattern}", path)
            if verb == method and match:
                for key in query:
                    require(key in known, f"unknown query parameter {key}")
                return getattr(self, handler)(*match.groups(), query=query, body=body)
        raise Refused(404, f"Not Found: {method} {path}")

    def healthz(self, query: Any, body: Any) -> Any:
        return {"multi_user": self.multi_user, **({"tag_name": self.version} if self.version else {})}

    def list_pipelines(self, query: Any, body: Any) -> Any:
        """Those of the namespace that is asked for, and without one the shared ones."""
        space = query.get("namespace") or None
        own = {
            key: pipeline for key, pipeline in self.pipelines.items() if (pipeline.get("namespace") or None) == space
        }
        return listing("pipelines", own, query)

    def create_pipeline(self, query: Any, body: Any) -> Any:
        check(body, "V2beta1Pipeline", "pipeline")
        self._new_name(body["name"], body.get("namespace"))
        return keep(self.pipelines, "pipeline_id", body)

    def _new_name(self, name: str, namespace: str | None) -> None:
        same = [(pipeline["display_name"], pipeline.get("namespace") or None) for pipeline in self.pipelines.values()]
        if (name, namespace or None) in same:
            raise Refused(409, "Failed to create a pipeline and a pipeline version")

    def upload(self, query: Any, body: Any) -> Any:
        spec = definition(body)
        name = query.get("display_name") or query["name"]
        self._new_name(name, query.get("namespace"))
        made = {"pipeline_id": new_id(), "display_name": name, "created_at": now(), "namespace": query.get("namespace")}
        self.pipelines[made["pipeline_id"]] = made
        self._version(made["pipeline_id"], name, spec)
        return made

    def upload_version(self, query: Any, body: Any) -> Any:
        require(query.get("pipelineid") in self.pipelines, "no such pipeline")
        return self._version(query["pipelineid"], query["name"], definition(body))

    def _version(self, pipeline_id: str, name: str, spec: Any) -> Any:
        same = [version for version in self.versions.values() if version["pipeline_id"] == pipeline_id]
        require(all(version_["display_name"] != name for version_ in same), f"version {name} exists")
        made = {
            "pipeline_id": pipeline_id,
            "pipeline_version_id": new_id(),
            "display_name": name,
            "created_at": now(),
            "pipeline_spec": spec,
        }
        return self.versions.setdefault(made["pipeline_version_id"], made)

    def list_versions(self, pipeline_id: str, query: Any, body: Any) -> Any:
        own = {key: version for key, version in self.versions.items() if version["pipeline_id"] == pipeline_id}
        return listing("pipeline_versions", own, query)

    def list_experiments(self, query: Any, body: Any) -> Any:
        self._namespace(query.get("namespace"))
        return listing("experiments", self.experiments, query)

    def create_experiment(self, query: Any, body: Any) -> Any:
        check(body, "V2beta1Experiment", "experiment")
        self._namespace(body.get("namespace"))
        return keep(self.experiments, "experiment_id", body)

    def delete_experiment(self, experiment_id: str, query: Any, body: Any) -> Any:
        require(experiment_id in self.experiments, "no such experiment")
        del self.experiments[experiment_id]
        return {}

    def create_run(self, query: Any, body: Any) -> Any:
        check(body, "V2beta1Run", "run")
        self._start(body)
        return keep(self.runs, "run_id", {**body, "state": "PENDING"})

    def get_run(self, run_id: str, query: Any, body: Any) -> Any:
        self.asked += 1
        if self.asked in self.failing:
            raise Refused(503, "upstream connect error")
        require(run_id in self.runs, "no such run")
        states = self.progress[min(self.looks, len(self.progress) - 1)] if self.progress else {}
        self.looks += 1
        over = self.looks >= len(self.progress)
        tasks = [
            {
                "task_id": name,
                "display_name": name,
                "state": state,
                "start_time": now(),
                "end_time": "1970-01-01T00:00:00Z",
            }
            for name, state in states.items()
        ]
        state = self.ends if over else "RUNNING"
        return {**self.runs[run_id], "state": state, "run_details": {"task_details": tasks}}

    def list_recurring(self, query: Any, body: Any) -> Any:
        return listing("recurringRuns", self.recurring, query)

    def create_recurring(self, query: Any, body: Any) -> Any:
        check(body, "V2beta1RecurringRun", "recurring_run")
        self._start(body)
        require(1 <= int(body["max_concurrency"]) <= 10, "max_concurrency: 1 to 10")
        trigger = body["trigger"]
        require(len([schedule for schedule in trigger.values() if schedule]) == 1, "one trigger is needed")
        if trigger.get("cron_schedule"):
            require(len(trigger["cron_schedule"]["cron"].split()) == 6, "cron: six fields")
        return keep(self.recurring, "recurring_run_id", body)

    def _start(self, body: Any) -> None:
        """What a run and a recurring run must have in common."""
        require(bool(body.get("display_name")), "display_name is needed")
        require(body.get("experiment_id") in self.experiments, "no such experiment")
        reference = body["pipeline_version_reference"]
        version = self.versions.get(reference["pipeline_version_id"])
        require(version is not None, "no such version")
        assert version is not None
        require(version["pipeline_id"] == reference["pipeline_id"], "the version is another pipeline's")
        known = version["pipeline_spec"]["root"].get("inputDefinitions", {}).get("parameters", {})
        types = {"STRING": str, "NUMBER_INTEGER": int}
        for name, value in (body["runtime_config"].get("parameters") or {}).items():
            require(name in known, f"parameter {name} is not defined")
            require(isinstance(value, types[known[name]["parameterType"]]), f"parameter {name}: another type")

    def _namespace(self, given: str | None) -> None:
        require(not self.multi_user or bool(given), "a namespace is needed")
        if given and given == self.forbidden:
            raise Refused(403, f"User 'me' is not authorized to reach the namespace {given}")


ROUTES: dict[tuple[str, str], tuple[str, set[str]]] = {
    ("GET", "/healthz"): ("healthz", set()),
    ("GET", "/pipelines"): ("list_pipelines", PAGING | {"namespace"}),
    ("POST", "/pipelines"): ("create_pipeline", set()),
    ("POST", "/pipelines/upload"): ("upload", {"name", "display_name", "description", "namespace", "tags"}),
    ("POST", "/pipelines/upload_version"): (
        "upload_version",
        {"name", "display_name", "pipelineid", "description", "tags"},
    ),
    ("GET", "/pipelines/([^/]+)/versions"): ("list_versions", PAGING),
    ("GET", "/experiments"): ("list_experiments", PAGING | {"namespace"}),
    ("POST", "/experiments"): ("create_experiment", set()),
    ("DELETE", "/experiments/([^/]+)"): ("delete_experiment", set()),
    ("POST", "/runs"): ("create_run", {"experiment_id"}),
    ("GET", "/runs/([^/]+)"): ("get_run", {"experiment_id"}),
    ("GET", "/recurringruns"): ("list_recurring", PAGING | {"namespace", "experiment_id"}),
    ("POST", "/recurringruns"): ("create_recurring", set()),
}


def new_id() -> str:
    return str(uuid.uuid4())


def keep(into: dict[str, Any], key: str, body: dict[str, Any]) -> dict[str, Any]:
    made = {**body, key: new_id(), "created_at": now()}
    into[made[key]] = made
    return made


def listing(name: str, of: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    records = list(of.values())
    if "filter" in query:
        for predicate in json.loads(query["filter"])["predicates"]:
            # By name, or by number as protobuf has it.
            require(predicate["operation"] in ("EQUALS", 1), "operation")
            value = predicate.get("stringValue", predicate.get("string_value"))
            records = [record for record in records if record[predicate["key"]] == value]
    # As protobuf's JSON has it, an empty list is left out.
    return {name: records, "total_size": len(records)} if records else {}


def definition(upload: bytes) -> Any:
    [spec, *platform] = yaml.safe_load_all(upload)
    require(spec.get("schemaVersion") == "2.1.0" and "pipelineInfo" in spec, "no pipeline spec")
    require(all(set(document) == {"platforms"} for document in platform), "no platform spec")
    return spec


def serve(api: Api) -> tuple[ThreadingHTTPServer, str]:
    """Starts the server on a free port of this machine; returns its address."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *unused: object) -> None:
            pass

        def _handle(self) -> None:
            url = urlsplit(self.path)
            api.log.append(f"{self.command} {url.path}")
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if api.pages and url.path == "/":
                self._send(200, "text/html; charset=utf-8", b"<html></html>")
                return
            try:
                if api.token and self.headers.get("Authorization") != f"Bearer {api.token}":
                    raise Refused(401, "Unauthenticated: there is no user identity in the request header")
                query = {key: values[0] for key, values in parse_qs(url.query).items()}
                status, answer = 200, api.answer(self.command, url.path, query, self._body(raw))
            except Refused as refused:
                status, answer = refused.status, {"code": 3, "message": str(refused), "details": []}
            self._send(status, "application/json", json.dumps(answer).encode())

        def _send(self, status: int, kind: str, written: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def _body(self, raw: bytes) -> Any:
            kind = self.headers.get("Content-Type", "")
            if kind.startswith("multipart/form-data"):
                message = email.message_from_bytes(
                    b"Content-Type: " + kind.encode() + b"\r\n\r\n" + raw, policy=email.policy.HTTP
                )
                parts = {part.get_param("name", header="content-disposition"): part for part in message.iter_parts()}
                require(set(parts) == {"uploadfile"}, "uploadfile is needed")
                return parts["uploadfile"].get_payload(decode=True)
            return json.loads(raw) if raw else None

        do_GET = do_POST = do_DELETE = _handle  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_address[1]}"


Serve = Callable[..., tuple[Api, str]]
