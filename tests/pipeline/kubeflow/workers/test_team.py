"""The Trainer's step and its Job, on an API that answers as Kubernetes' does; pods are processes."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from tests.components.trainer.workers import fault_table
from tests.pipeline.kubeflow.workers.job_api import Workers, owners
from widedeep.components.common.errors import ConfigError, DataError, WideDeepError
from widedeep.components.trainer.workers.mailbox import Mailbox, Trouble
from widedeep.components.trainer.workers.supervision import teams_by, train_together
from widedeep.pipeline.definition.kubeflow_options import KubeflowOptions
from widedeep.pipeline.kubeflow.workers import manifests, team
from widedeep.pipeline.kubeflow.workers.choice import choose_pods, chosen_workers
from widedeep.pipeline.kubeflow.workers.manifests import Step, job_name
from widedeep.pipeline.kubeflow.workers.team import start_job

OPTIONS = KubeflowOptions.model_validate(
    {
        "image": "registry/widedeep:1",
        "steps": {
            "Trainer": {
                "memory_limit": "16Gi",
                "gpus": 1,
                "tolerations": [{"key": "gpu"}],
                "node_selector": {"pool": "gpu"},
            }
        },
    }
)
ROOT = Path(__file__).resolve().parents[4]
SLEEPS = "import time; time.sleep(600)"
TELLS = """
import json, os, sys
config = json.loads(os.environ["TF_CONFIG"])
open(f"{sys.argv[1]}/seen-{config['task']['index']}", "w").write(json.dumps(config))
"""
FAILS = """
import json, os, sys, time
if json.loads(os.environ["TF_CONFIG"])["task"]["index"] == 1:
    print("out of luck")
    sys.exit(3)
time.sleep(600)
"""
Start = Callable[..., Workers]


def train(folder: Path) -> None:
    with teams_by(partial(start_job, OPTIONS)):
        train_together({}, str(folder), 2)


def test_workers_are_pods_that_know_each_other_and_nothing_is_left(cluster: Start, tmp_path: Path) -> None:
    api = cluster(TELLS)
    # What the pods write, the next opening of the folder would remove.
    train(tmp_path / "mail")
    name = job_name(str(tmp_path / "mail"))
    for index in (0, 1):
        assert json.loads((tmp_path / "mail" / f"seen-{index}").read_text()) == {
            "cluster": {"worker": [f"{name}-0.{name}:2222", f"{name}-1.{name}:2222"]},
            "task": {"type": "worker", "index": index},
        }
    assert (api.jobs, api.services, api.running) == ({}, {}, {})


def test_the_role_allows_what_the_step_asks_and_no_more(cluster: Start, tmp_path: Path) -> None:
    api = cluster(FAILS)
    with pytest.raises(WideDeepError):
        train(tmp_path / "mail")
    role, binding = yaml.safe_load_all((ROOT / "kubeflow" / "workers" / "access.yaml").read_text())
    allowed = {(verb, kind) for rule in role["rules"] for verb in rule["verbs"] for kind in rule["resources"]}
    assert api.asked == allowed
    assert binding["roleRef"]["name"] == role["metadata"]["name"]


def test_a_lost_worker_is_named_with_its_last_lines(
    cluster: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    api = cluster(FAILS)
    with pytest.raises(WideDeepError) as caught:
        train(tmp_path / "mail")
    pod = f"{job_name(str(tmp_path / 'mail'))}-1-abcde"
    assert str(caught.value) == (
        "worker 1 of 2 workers ended with 3. The others were ended; the same command carries on from the last "
        f"checkpoint. The last lines of its pod, {pod}, stand above, in the step's log."
    )
    assert fault_table.words(fault_table.POD_FAILED).fullmatch(str(caught.value))
    [line] = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert line.splitlines() == [f"The last lines of {pod}:", "out of luck"]
    assert api.jobs == {}


def test_a_worker_that_ends_between_two_questions_is_named(
    cluster: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = cluster(FAILS.replace("sys.exit(3)", "time.sleep(1); sys.exit(3)"))
    answer = api.get_jobs

    def when_it_has_ended(name: str, query: Any, body: Any) -> Any:
        api.running[name][1].wait()
        return answer(name, query, body)

    monkeypatch.setattr(api, "get_jobs", when_it_has_ended)
    with pytest.raises(WideDeepError, match=r"^worker 1 of 2 workers ended with 3\."):
        train(tmp_path / "mail")


def test_what_the_chief_raised_for_people_is_raised(cluster: Start, tmp_path: Path) -> None:
    """And not what another worker met when the chief was gone."""
    troubles = [
        Trouble(kind="DataError", words="one class only", of_another=False),
        Trouble(kind=None, words="UnavailableError: socket closed", of_another=True),
    ]
    said = {f"trouble-{number}.json": trouble.model_dump_json() for number, trouble in enumerate(troubles)}
    writes = f"import sys\nfor name, text in {said!r}.items(): open(f'{{sys.argv[1]}}/{{name}}', 'w').write(text)\n"
    cluster(writes + "sys.exit(1)")
    with pytest.raises(DataError, match=r"^one class only$"):
        train(tmp_path / "mail")


def test_an_earlier_attempts_job_is_ended_first(cluster: Start, tmp_path: Path) -> None:
    api = cluster(SLEEPS)
    folder = str(tmp_path / "mail")
    api.answer("POST", "/apis/batch/v1/namespaces/kubeflow/jobs", {}, manifests.job(OPTIONS, folder, 2, STEP))
    [earlier] = api.running.values()
    api.program = TELLS
    train(tmp_path / "mail")
    assert [process.poll() for process in earlier] == [-signal.SIGKILL] * 2
    assert api.jobs == {}


STEP = Step("step-0", "uid-of-the-step", "pipeline-runner")


def test_a_terminated_step_takes_its_job_away(cluster: Start, tmp_path: Path) -> None:
    api = cluster(SLEEPS)

    def terminate() -> None:
        while not api.services:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=terminate).start()
    with pytest.raises(SystemExit) as caught:
        train(tmp_path / "mail")
    assert caught.value.code == 128 + signal.SIGTERM
    assert (api.jobs, api.running) == ({}, {})


def test_without_the_right_to_make_jobs_the_remedy_is_told(cluster: Start, tmp_path: Path) -> None:
    cluster(SLEEPS, forbidden=("jobs",))
    with pytest.raises(ConfigError) as caught:
        train(tmp_path / "mail")
    assert str(caught.value) == (
        'the step\'s account may not do what workers need: jobs is forbidden: User "me" cannot delete it. As an '
        "administrator: kubectl --namespace kubeflow apply --kustomize kubeflow/workers"
    )


def test_outside_of_a_cluster_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(
        ConfigError, match=r"^training\.workers is 2: a step makes a Job of them, and this one is not in"
    ):
        train(tmp_path / "mail")


def test_pods_are_as_the_trainers_step_and_go_with_it() -> None:
    made = manifests.job(OPTIONS, "/mnt/widedeep/x", 2, STEP)
    assert owners(made) == [("Pod", "step-0", "uid-of-the-step")]
    assert made["spec"]["backoffLimit"] == 0
    pod = made["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert (container["image"], pod["serviceAccountName"]) == ("registry/widedeep:1", "pipeline-runner")
    assert container["command"] + container["args"] == [
        *("python", "-m", "widedeep.components.trainer.worker", "/mnt/widedeep/x"),
    ]
    assert container["resources"] == {
        "requests": {"cpu": "1", "memory": "2Gi"},
        "limits": {"cpu": "4", "memory": "16Gi", "nvidia.com/gpu": "1"},
    }
    assert (pod["tolerations"], pod["nodeSelector"]) == ([{"key": "gpu", "operator": "Exists"}], {"pool": "gpu"})
    assert (pod["securityContext"]["runAsUser"], pod["automountServiceAccountToken"]) == (OPTIONS.user, False)
    # The Service finds the pods by the Job's own label, and names them by the pods' subdomain.
    service = manifests.service(made["metadata"]["name"], "u")
    assert service["spec"]["selector"] == {"batch.kubernetes.io/job-name": made["metadata"]["name"]}
    assert pod["subdomain"] == service["metadata"]["name"]
    assert service["spec"]["publishNotReadyAddresses"] is True
    # A host's name has 63 characters at most.
    assert len(f"{made['metadata']['name']}-1023") <= 63


def test_the_network_policy_is_the_pods_own() -> None:
    [policy] = yaml.safe_load_all((ROOT / "kubeflow" / "workers" / "network.yaml").read_text())
    labels = manifests.job(OPTIONS, "/x", 2, STEP)["spec"]["template"]["metadata"]["labels"]
    [selected] = policy["spec"]["podSelector"]["matchExpressions"]
    assert selected["key"] in labels
    [rule] = policy["spec"]["ingress"]
    assert rule == {"from": [{"podSelector": policy["spec"]["podSelector"]}], "ports": [{"port": manifests.PORT}]}


@pytest.mark.parametrize(
    ("status", "how"),
    [
        ({"phase": "Running"}, None),
        ({"phase": "Succeeded"}, None),
        (
            {"phase": "Pending", "waiting": client.V1ContainerStateWaiting(reason="ErrImagePull", message="not found")},
            "can't start, not found",
        ),
        (
            {"phase": "Failed", "terminated": client.V1ContainerStateTerminated(exit_code=137, reason="OOMKilled")},
            "was killed, since it needed more memory than it has (OOMKilled): kubeflow.steps, Trainer, memory_limit",
        ),
        ({"phase": "Failed", "reason": "Evicted"}, "was ended by the cluster (Evicted)"),
        (
            {"phase": "Failed", "terminated": client.V1ContainerStateTerminated(exit_code=1, reason="Error")},
            "ended with 1",
        ),
    ],
)
def test_how_a_pod_ended(status: dict[str, Any], how: str | None) -> None:
    kinds = {key: status.pop(key) for key in ("waiting", "terminated") if key in status}
    states = [client.V1ContainerStatus(image="i", image_id="", name="w", ready=False, restart_count=0)]
    states[0].state = client.V1ContainerState(**kinds)
    statuses = client.V1PodStatus(container_statuses=states if kinds else None, **status)
    pod = client.V1Pod(metadata=client.V1ObjectMeta(name="p"), status=statuses)
    assert team._how(pod) == how
    # The cluster ends the others when one has failed.
    pod.metadata.deletion_timestamp = "2026-01-01T00:00:00Z"
    assert team._how(pod) == (how if "waiting" in kinds else None)


def test_the_trainers_step_alone_chooses_pods(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WIDEDEEP_WORKERS_AS_PODS", raising=False)
    seen = []
    for node in ("Transform", "Trainer"):
        choose_pods(node, OPTIONS)
        with chosen_workers():
            from widedeep.components.trainer.workers import supervision

            seen.append(supervision._starts[-1])
    assert seen[0] is supervision.start_processes
    assert seen[1].func is start_job
    assert seen[1].args == (OPTIONS,)
    monkeypatch.delenv("WIDEDEEP_WORKERS_AS_PODS")


def test_a_mailbox_of_an_earlier_attempt_is_emptied(tmp_path: Path) -> None:
    mailbox = Mailbox(str(tmp_path / "mail"))
    mailbox.open({"one": 1})
    mailbox.tell_trouble(0, Trouble(kind=None, words="x", of_another=False))
    mailbox.open({"two": 2})
    assert (mailbox.work(), mailbox.trouble(0), mailbox.progress()) == ({"two": 2}, None, None)
