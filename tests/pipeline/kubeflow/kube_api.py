"""A cluster's API in memory, as far as `widedeep kubeflow check` asks it; a Job's container runs as a process here.

A Job must fit Kubernetes' published schema. Answers are read by Kubernetes' own client, which holds them to its models.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import kubernetes_validate
import yaml

Object = dict[str, Any]


class Answer(Exception):  # noqa: N818
    """What is no 200."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Cluster:
    """One namespace and what is in it.

    Attributes:
        folder: for the containers' last words.
        namespace: its name.
        secrets: their data, by name.
        claims: phase and access modes, by name.
        forbidden: kinds that may not be looked at or made.
        waiting: why no container starts (reason, message); None where they do.
        pending: why no node takes the pod.
        jobless: why the Job gets no pod.
    """

    folder: Path
    namespace: str = "kubeflow"
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    claims: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    forbidden: Collection[str] = ()
    waiting: tuple[str, str] | None = None
    pending: str | None = None
    jobless: str | None = None
    jobs: dict[str, Object] = field(default_factory=dict)
    pods: dict[str, Object] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Any:
        match = re.fullmatch(r"/api(?:s/batch)?/v1/namespaces/([^/]+)(?:/([a-z]+)(?:/([^/]+))?)?", path)
        if not match:
            raise Answer(404, f"the server could not find the requested resource {path}")
        namespace, kind, name = match.groups()
        if (kind or "namespaces") in self.forbidden:
            raise Answer(403, f'{kind or "namespaces"} is forbidden: User "me" cannot {method.lower()} it')
        if namespace != self.namespace:
            raise Answer(404, f'namespaces "{namespace}" not found')
        return getattr(self, f"{method.lower()}_{kind or 'namespaces'}")(name, query, body)

    def get_namespaces(self, name: str, query: Any, body: Any) -> Any:
        return {"kind": "Namespace", "metadata": {"name": self.namespace}}

    def get_secrets(self, name: str, query: Any, body: Any) -> Any:
        if name not in self.secrets:
            raise Answer(404, f'secrets "{name}" not found')
        return {"kind": "Secret", "metadata": {"name": name}, "data": self.secrets[name]}

    def get_persistentvolumeclaims(self, name: str, query: Any, body: Any) -> Any:
        if name not in self.claims:
            raise Answer(404, f'persistentvolumeclaims "{name}" not found')
        phase, modes = self.claims[name]
        return {"metadata": {"name": name}, "spec": {"accessModes": modes}, "status": {"phase": phase}}

    def post_jobs(self, name: str, query: Any, body: Any) -> Any:
        kubernetes_validate.validate(body, kubernetes_validate.latest_version(), strict=True)
        assert body["metadata"]["namespace"] == self.namespace
        made = f"{body['metadata']['generateName']}x1y2z"
        self.jobs[made] = body
        if self.jobless is None:
            self._start(made, body["spec"]["template"]["spec"])
        return {**body, "metadata": {"name": made}}

    def _start(self, job: str, spec: Object) -> None:
        mounts = {mount["name"] for mount in spec["containers"][0]["volumeMounts"]}
        claimed = {
            volume["persistentVolumeClaim"]["claimName"] for volume in spec["volumes"] if volume["name"] in mounts
        }
        assert claimed <= set(self.claims), "the pod would never start"
        status: Object = {"phase": "Pending"}
        if self.pending:
            status["conditions"] = [{"type": "PodScheduled", "status": "False", "message": self.pending}]
        elif self.waiting:
            reason, message = self.waiting
            status["containerStatuses"] = [self._container({"waiting": {"reason": reason, "message": message}})]
        else:
            status = {"phase": "Failed", "containerStatuses": [self._container({"terminated": self._run(spec)})]}
        self.pods[job] = {"metadata": {"name": f"{job}-abcde"}, "status": status}

    @staticmethod
    def _container(state: Object) -> Object:
        return {"name": "check", "image": "i", "imageID": "", "ready": False, "restartCount": 0, "state": state}

    def _run(self, spec: Object) -> Object:
        """What the kubelet says of a container that has ended."""
        [container] = spec["containers"]
        environment = {}
        for variable in container["env"]:
            reference = variable.get("valueFrom", {}).get("secretKeyRef")
            value = self.secrets.get(reference["name"], {}).get(reference["key"]) if reference else variable["value"]
            if value is not None:
                environment[variable["name"]] = value
        words = self.folder / "termination-log"
        words.touch()
        arguments = [argument.replace("/dev/termination-log", str(words)) for argument in container["args"]]
        program, *options = container["command"]
        assert program == "python"
        done = subprocess.run(
            [sys.executable, *options, *arguments],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", ""), **environment},
            capture_output=True,
            text=True,
            timeout=120,
            cwd=os.getcwd(),
        )
        assert len(words.read_bytes()) < 4096, "Kubernetes takes no more"
        reason = "Completed" if done.returncode == 0 else "Error"
        return {"exitCode": done.returncode, "reason": reason, "message": words.read_text()}

    def get_pods(self, name: str, query: Any, body: Any) -> Any:
        key, _, value = query["labelSelector"].partition("=")
        assert key == "job-name"
        return {"kind": "PodList", "items": [pod for job, pod in self.pods.items() if job == value]}

    def get_events(self, name: str, query: Any, body: Any) -> Any:
        involved = {"name": query["fieldSelector"].partition("=")[2]}
        events = [{"metadata": {"name": "e"}, "involvedObject": involved, "message": self.jobless}]
        return {"kind": "EventList", "items": events}

    def delete_jobs(self, name: str, query: Any, body: Any) -> Any:
        assert query["propagationPolicy"] == "Background"
        del self.jobs[name]
        self.pods.pop(name, None)
        return {"kind": "Status", "status": "Success"}


def serve(cluster: Cluster, kubeconfig: Path, port: int = 0) -> ThreadingHTTPServer:
    """Starts the API on a free port, or that one, and writes a kubeconfig that leads there."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *unused: object) -> None:
            pass

        def _handle(self) -> None:
            url = urlsplit(self.path)
            cluster.log.append(f"{self.command} {url.path}")
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            try:
                status, answer = 200, cluster.answer(self.command, url.path, query, json.loads(raw) if raw else None)
            except ConnectionAbortedError:
                # Whoever asked gets no answer.
                return
            except Answer as other:
                status, answer = other.status, {"kind": "Status", "message": str(other), "code": other.status}
            written = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        do_GET = do_POST = do_DELETE = _handle  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    kubeconfig.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "x",
                "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
                "clusters": [{"name": "x", "cluster": {"server": address}}],
                "users": [{"name": "x", "user": {}}],
            }
        )
    )
    return server
