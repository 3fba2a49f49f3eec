"""A cluster's API in memory, as far as the Trainer's step asks it; each pod of a Job is a process here.

What is made must fit Kubernetes' published schemas. Answers are read by Kubernetes' own client. A pod's container runs
another program than the Job says, with the Job's environment as the kubelet fills it in.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kubernetes_validate

from tests.pipeline.kubeflow.kube_api import Answer, Cluster, Object

INDEX = "batch.kubernetes.io/job-completion-index"


@dataclass
class Workers(Cluster):
    """A namespace with the pod of a step, `step-0`, that may make Jobs.

    Attributes:
        program: Python, run in each pod; its arguments are the container's.
        services: by name.
        asked: verbs and kinds of all requests.
        faults: by verb and kind, what becomes of the next requests, see `fail`.
    """

    program: str = ""
    services: dict[str, Object] = field(default_factory=dict)
    running: dict[str, list[subprocess.Popen[bytes]]] = field(default_factory=dict)
    asked: set[tuple[str, str]] = field(default_factory=set)
    faults: dict[tuple[str, str], list[int | str]] = field(default_factory=dict)

    def fail(self, verb: str, kind: str, *faults: int | str) -> None:
        """The next requests get these statuses; or no answer: "cut", "slow" after 3 s, "lost" though it was done."""
        self.faults[verb, kind] = list(faults)

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Any:
        match = re.fullmatch(r"/api/v1/namespaces/[^/]+/pods/([^/]+)/log", path)
        _, kind, name = re.search(r"/namespaces/([^/]+)/([a-z]+)(?:/([^/]+))?", path).groups()  # type: ignore[union-attr]
        verb = {"GET": "get" if name else "list", "POST": "create", "DELETE": "delete"}[method]
        kind = "pods/log" if match else kind
        self.asked.add((verb, kind))
        fault = self.faults[verb, kind].pop(0) if self.faults.get((verb, kind)) else None
        if isinstance(fault, int):
            raise Answer(fault, f"out of order, {fault}")
        if fault == "slow":
            time.sleep(3)
        if fault == "lost":
            super().answer(method, path, query, body)
        if fault:
            raise ConnectionAbortedError
        if match and "pods/log" not in self.forbidden:
            job, _, index = match[1].rpartition("-")[0].rpartition("-")
            return self._output(job, int(index)).read_text()
        return super().answer(method, path, query, body)

    def post_jobs(self, name: str, query: Any, body: Any) -> Any:
        kubernetes_validate.validate(body, kubernetes_validate.latest_version(), strict=True)
        made = body["metadata"]["name"]
        if made in self.jobs:
            raise Answer(409, f'jobs.batch "{made}" already exists')
        self.jobs[made] = {**body, "metadata": {**body["metadata"], "uid": f"uid-of-{made}"}}
        spec = body["spec"]
        assert (spec["completionMode"], spec["parallelism"]) == ("Indexed", spec["completions"])
        self.running[made] = [self._pod(spec["template"]["spec"], made, index) for index in range(spec["completions"])]
        return self.jobs[made]

    def _output(self, job: str, index: int) -> Path:
        return self.folder / f"{job}-{index}.txt"

    def _pod(self, spec: Object, job: str, index: int) -> subprocess.Popen[bytes]:
        [container] = spec["containers"]
        environment: dict[str, str] = {}
        for variable in container["env"]:
            if "valueFrom" in variable:
                assert variable["valueFrom"]["fieldRef"]["fieldPath"] == f"metadata.annotations['{INDEX}']"
                environment[variable["name"]] = str(index)
            else:
                # A variable is known to those after it.
                value = re.sub(r"\$\((\w+)\)", lambda reference: environment[reference[1]], variable["value"])
                environment[variable["name"]] = value
        command = [sys.executable, "-c", self.program, *container["args"]]
        with self._output(job, index).open("wb") as output:
            return subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)

    def post_services(self, name: str, query: Any, body: Any) -> Any:
        kubernetes_validate.validate(body, kubernetes_validate.latest_version(), strict=True)
        if body["metadata"]["name"] in self.services:
            raise Answer(409, f'services "{body["metadata"]["name"]}" already exists')
        self.services[body["metadata"]["name"]] = body
        return body

    def get_jobs(self, name: str, query: Any, body: Any) -> Any:
        if name not in self.jobs:
            raise Answer(404, f'jobs.batch "{name}" not found')
        codes = [process.poll() for process in self.running[name]]
        status: Object = {"succeeded": codes.count(0)}
        if any(codes):
            message = "Job has reached the specified backoff limit"
            status["conditions"] = [{"type": "Failed", "status": "True", "message": message}]
        return {**self.jobs[name], "status": status}

    def get_pods(self, name: str, query: Any, body: Any) -> Any:
        if name:
            metadata = {"name": name, "uid": "uid-of-the-step"}
            return {"metadata": metadata, "spec": {"serviceAccountName": "pipeline-runner", "containers": []}}
        key, _, job = query["labelSelector"].partition("=")
        assert key == "batch.kubernetes.io/job-name"
        return {"kind": "PodList", "items": [self._state(job, index) for index in range(len(self.running[job]))]}

    def _state(self, job: str, index: int) -> Object:
        code = self.running[job][index].poll()
        phase = "Running" if code is None else "Failed" if code else "Succeeded"
        state = {"running": {}} if code is None else {"terminated": {"exitCode": code, "reason": "Error"}}
        metadata = {"name": f"{job}-{index}-abcde", "annotations": {INDEX: str(index)}}
        return {"metadata": metadata, "status": {"phase": phase, "containerStatuses": [self._container(state)]}}

    def delete_jobs(self, name: str, query: Any, body: Any) -> Any:
        if name not in self.jobs:
            raise Answer(404, f'jobs.batch "{name}" not found')
        assert query["propagationPolicy"] in ("Background", "Foreground")
        for process in self.running.pop(name):
            process.kill()
            process.wait()
        del self.jobs[name]
        # As the garbage collector does.
        owned = [
            service for service, body in self.services.items() if owners(body) == [("Job", name, f"uid-of-{name}")]
        ]
        for service in owned:
            del self.services[service]
        return {"kind": "Status", "status": "Success"}


def owners(body: Object) -> list[tuple[str, str, str]]:
    return [(owner["kind"], owner["name"], owner["uid"]) for owner in body["metadata"].get("ownerReferences", [])]
