"""A cluster's API that is away for a moment ends no training; one that stays away does, in words."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from kubernetes import client, config

from tests.components.trainer.workers import fault_table
from tests.pipeline.kubeflow import kube_api
from tests.pipeline.kubeflow.workers.job_api import Workers
from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.components.trainer.workers.supervision import teams_by, train_together
from widedeep.pipeline.definition.kubeflow_options import KubeflowOptions
from widedeep.pipeline.kubeflow.workers import patience
from widedeep.pipeline.kubeflow.workers.manifests import job_name
from widedeep.pipeline.kubeflow.workers.patience import api_client, patiently
from widedeep.pipeline.kubeflow.workers.team import start_job

OPTIONS = KubeflowOptions.model_validate({"image": "registry/widedeep:1"})
# Pods that end well after a moment, in which the step watches them.
WORKS = "import time; time.sleep(1)"
FAILS = "import sys; print('out of luck'); sys.exit(3)"
# As the documentation has it.
DEFAULT = f"for {patience.PATIENCE:.0f} s"
Start = Callable[..., Workers]


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE", 5.0)
    monkeypatch.setattr(patience, "LEAVING", 2.0)
    monkeypatch.setattr(patience, "PAUSE", 0.05)


def train(folder: Path) -> None:
    with teams_by(partial(start_job, OPTIONS)):
        train_together({}, str(folder), 2)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


@pytest.mark.parametrize(
    ("verb", "kind"), [("get", "jobs"), ("list", "pods"), ("get", "pods"), ("delete", "jobs"), ("create", "services")]
)
def test_what_passes_is_waited_for_and_told_once(
    cluster: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture, verb: str, kind: str
) -> None:
    api = cluster(WORKS)
    api.fail(verb, kind, 503, 429, "cut", 500)
    train(tmp_path / "mail")
    assert api.faults == {(verb, kind): []}
    assert (api.jobs, api.services, api.running) == ({}, {}, {})
    [told] = warnings(caplog)
    assert fault_table.words(fault_table.API_AWAY, DEFAULT, "for 5 s").fullmatch(told)


def test_an_answer_that_does_not_come_is_asked_for_again(
    cluster: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "LIMITS", {"_request_timeout": (1, 1)})
    api = cluster(WORKS)
    api.fail("get", "jobs", "slow")
    train(tmp_path / "mail")
    [told] = warnings(caplog)
    assert "Read timed out" in told


def test_a_refused_connection_is_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An API server that starts anew at its old place."""
    api = Workers(tmp_path)
    before = kube_api.serve(api, tmp_path / "kubeconfig")
    before.shutdown()
    before.server_close()
    config.load_kube_config(str(tmp_path / "kubeconfig"))
    after = []

    def start() -> None:
        time.sleep(0.5)
        after.append(kube_api.serve(api, tmp_path / "kubeconfig", before.server_address[1]))

    starting = threading.Thread(target=start)
    starting.start()
    pod = patiently(client.CoreV1Api(api_client()).read_namespaced_pod, "step-0", "kubeflow")
    starting.join()
    assert pod.metadata.uid == "uid-of-the-step"
    [told] = warnings(caplog)
    assert "Connection refused" in told
    after[0].shutdown()
    after[0].server_close()


@pytest.mark.parametrize("kind", ["jobs", "services"])
def test_what_was_made_though_its_answer_was_lost_is_made_once(cluster: Start, tmp_path: Path, kind: str) -> None:
    api = cluster(WORKS)
    api.fail("create", kind, "lost")
    train(tmp_path / "mail")
    assert (api.jobs, api.services, api.running) == ({}, {}, {})
    created = [line for line in api.log if line.startswith("POST") and line.endswith(f"/{kind}")]
    assert len(created) == 2


def test_a_cluster_that_stays_away_ends_the_training_in_words_and_its_job(cluster: Start, tmp_path: Path) -> None:
    api = cluster("import time; time.sleep(600)")
    api.fail("get", "jobs", *["cut"] * 1000)
    began = time.monotonic()
    with pytest.raises(WideDeepError) as caught:
        train(tmp_path / "mail")
    assert 5 <= time.monotonic() - began < 15
    assert fault_table.words(fault_table.API_GONE, DEFAULT, "for 5 s").fullmatch(str(caught.value))
    assert str(caught.value).endswith(". The same command carries on from the last checkpoint.")
    assert api.jobs == {}


def test_a_refusal_ends_it_at_once(cluster: Start, tmp_path: Path) -> None:
    api = cluster("import time; time.sleep(600)")
    api.fail("list", "pods", 403)
    with pytest.raises(ConfigError, match=r"^the step's account may not do what workers need: out of order, 403\. "):
        train(tmp_path / "mail")
    api.fail("get", "jobs", 404)
    with pytest.raises(WideDeepError, match=r"^the cluster answers 404 to the Trainer: out of order, 404$"):
        train(tmp_path / "mail")
    assert (api.faults["list", "pods"], api.faults["get", "jobs"], api.jobs) == ([], [], {})


def test_a_job_that_cannot_be_deleted_is_named_and_why_the_training_failed_is_told(
    cluster: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    api = cluster(FAILS)
    delete = api.delete_jobs

    def while_it_is_away(name: str, query: dict[str, str], body: object) -> object:
        # The first question is for an earlier attempt's Job.
        if api.services:
            raise kube_api.Answer(503, "away")
        return delete(name, query, body)

    api.delete_jobs = while_it_is_away  # type: ignore[method-assign]
    with pytest.raises(WideDeepError, match=r"^the chief of 2 workers ended with 3\."):
        train(tmp_path / "mail")
    name = job_name(str(tmp_path / "mail"))
    assert warnings(caplog)[-1].startswith(f"The Job {name} may still run, as it could not be deleted: 503: ")
    del api.delete_jobs
    api.program = WORKS
    train(tmp_path / "mail")
    assert api.jobs == {}
