"""Why a run failed, from a cluster's API: real client, a server that answers as the API does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from widedeep.pipeline.kubeflow.client.pod_logs import tell

COMMAND = "  kubectl logs -n mine -l pipeline/runid=r1 -c main --tail=30 --prefix"
HEAD = ["Why, the steps' pods say:", COMMAND]


def pod(name: str, phase: str, ends: Sequence[tuple[str, str]] = (), **status: str) -> dict[str, Any]:
    """As the API describes it; `ends` has the containers' names, and why each has ended."""
    described = [
        {
            "name": container,
            "image": "i",
            "imageID": "",
            "ready": False,
            "restartCount": 0,
            "state": {"terminated": {"exitCode": 137, "reason": why}},
        }
        for container, why in ends
    ]
    labels = {"name": name, "labels": {"pipeline/runid": "r1"}}
    return {"metadata": labels, "status": {"phase": phase, "containerStatuses": described, **status}}


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[list[Any], int], list[str]]]:
    """Starts the API with some pods, and a kubeconfig that leads there; gives the list of what it is asked."""
    servers: list[ThreadingHTTPServer] = []

    def start(pods: list[Any], status: int = 200) -> list[str]:
        asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *unused: object) -> None:
                pass

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                asked.append(url.path)
                query = parse_qs(url.query)
                if url.path.endswith("/log"):
                    assert (query["container"], query["tailLines"]) == (["main"], ["30"])
                    answer = f"Error: {url.path.split('/')[-2]}\nlast line\n".encode()
                else:
                    assert query["labelSelector"] == ["pipeline/runid=r1"]
                    answer = json.dumps({"kind": "PodList", "apiVersion": "v1", "items": pods}).encode()
                if status != 200:
                    answer = json.dumps({"kind": "Status", "message": "pods is forbidden", "code": status}).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        leads_to("x", f"http://127.0.0.1:{server.server_address[1]}")
        return asked

    def leads_to(name: str, address: str) -> None:
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "clusters": [{"name": name, "cluster": {"server": address}}],
            "users": [{"name": name, "user": {}}],
        }
        (tmp_path / "config").write_text(yaml.safe_dump(config))
        monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "config"))

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_last_lines_of_the_pods_that_failed(cluster: Callable[..., list[str]]) -> None:
    asked = cluster([pod("gen", "Succeeded"), pod("train", "Failed"), pod("driver", "Failed")])
    assert list(tell("r1", "mine")) == [
        *HEAD,
        *("train:", "  Error: train", "  last line", "driver:", "  Error: driver", "  last line"),
    ]
    pods = "/api/v1/namespaces/mine/pods"
    assert asked == [pods, f"{pods}/train/log", f"{pods}/driver/log"]


def test_what_the_cluster_did_to_a_pod(cluster: Callable[..., list[str]]) -> None:
    """The kernel ends all processes of a container, and the kubelet a pod, which then can't tell of it."""
    killed = pod("train", "Failed", [("wait", "Completed"), ("main", "OOMKilled")])
    evicted = pod(
        "gen", "Failed", [("main", "Error")], reason="Evicted", message="The node was low on resource: memory."
    )
    cluster([killed, evicted])
    _, _, *lines = tell("r1", "mine")
    assert lines == [
        "train:",
        "  OOMKilled: the whole container was killed, since it needed more memory than it has. Raise memory_limit of "
        "kubeflow.steps, or of kubeflow.resources, in pipeline.yaml, and compile again.",
        *("  Error: train", "  last line"),
        "gen:",
        "  Evicted: The node was low on resource: memory.",
        *("  Error: gen", "  last line"),
    ]


def test_a_run_whose_pods_are_gone(cluster: Callable[..., list[str]]) -> None:
    cluster([])
    assert list(tell("r1", "mine")) == [
        *HEAD,
        "None of its pods has failed, or none is left: the cluster's events say more (kubectl get events).",
    ]


def test_a_cluster_that_lets_nobody_look(cluster: Callable[..., list[str]]) -> None:
    cluster([], 403)
    *head, last = tell("r1", "mine")
    assert head == HEAD
    assert last.startswith("They can't be read from here: (403)")


def test_without_a_kubeconfig_only_the_command_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))
    assert list(tell("r1", "mine")) == HEAD
