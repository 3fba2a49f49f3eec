"""A cluster whose pods are processes, and a step in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kubernetes import config

from tests.pipeline.kubeflow import kube_api
from tests.pipeline.kubeflow.workers.job_api import Workers
from widedeep.pipeline.kubeflow.workers import removal, team


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Workers]]:
    servers: list[Any] = []

    def start(program: str, **changes: Any) -> Workers:
        made = Workers(tmp_path, program=program, **changes)
        servers.append(kube_api.serve(made, tmp_path / "kubeconfig"))
        load = partial(config.load_kube_config, str(tmp_path / "kubeconfig"))
        monkeypatch.setattr(team.kubeconfig, "load_incluster_config", load)
        (tmp_path / "namespace").write_text("kubeflow")
        monkeypatch.setattr(removal, "_NAMESPACE", tmp_path / "namespace")
        monkeypatch.setattr(team.JobTeam, "pause", 0.05)
        monkeypatch.setattr(removal, "PAUSE", 0.05)
        monkeypatch.setenv("HOSTNAME", "step-0")
        return made

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
