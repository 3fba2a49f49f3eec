"""`widedeep kubeflow check` against servers that answer as the real ones do, its Job as a real process."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from click.testing import CliRunner, Result

from tests.pipeline.kubeflow import kfp_api, kube_api
from tests.pipeline.kubeflow.kfp_api import Api
from tests.pipeline.kubeflow.kube_api import Cluster
from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.commands.kubeflow import command
from widedeep.pipeline.kubeflow.check import job_run

MOVIELENS = Path(__file__).resolve().parents[4] / "schema" / "movielens" / "pipeline.yaml"
WHOLE = {"username": "dQ==", "password": "cA==", "database": "ZA=="}
MANY = ["ReadWriteMany"]
Scene = Callable[..., tuple[Api, Cluster, Callable[..., Result]]]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """Starts both servers, with volumes and a database of this machine; gives them, and the command's call."""
    servers: list[Any] = []
    for name in ("root", "models"):
        (tmp_path / name).mkdir()

    def start(api: dict[str, Any] | None = None, **changes: Any) -> tuple[Api, Cluster, Callable[..., Result]]:
        pipelines = Api(**(api or {}))
        server, host = kfp_api.serve(pipelines)
        whole = {
            "secrets": {"widedeep-metadata": WHOLE},
            "claims": {f"widedeep-{name}": ("Bound", MANY) for name in ("root", "models")},
        }
        cluster = Cluster(tmp_path, **{**whole, **changes})
        servers.extend([server, kube_api.serve(cluster, tmp_path / "kubeconfig")])
        monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "kubeconfig"))
        monkeypatch.setattr(job_run, "_POLL", 0.01)

        def call(*arguments: str, **settings: str) -> Result:
            given = {
                "root": f"{{claim: widedeep-root, path: {tmp_path / 'root'}}}",
                "models": f"{{claim: widedeep-models, path: {tmp_path / 'models'}}}",
                "metadata": f"sqlite:///{tmp_path / 'metadata.sqlite'}",
                **settings,
            }
            chosen = [f"--set=kubeflow.{key}={value}" for key, value in given.items()]
            return CliRunner().invoke(command, ["check", str(MOVIELENS), "--host", host, *chosen, *arguments])

        return pipelines, cluster, call

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def told(done: Result) -> list[str]:
    """What was found, in a word each, and whether it is there."""
    return [" ".join(line.split()[:2]) for line in done.stdout.splitlines() if line[:1] in "✓✗"]


def test_a_cluster_that_has_everything(scene: Scene, tmp_path: Path) -> None:
    api, cluster, call = scene()
    done = call()
    assert done.exit_code == 0, done.output
    user = os.getuid()
    host = done.stdout.split()[2]
    assert done.stdout.splitlines() == [
        f"✓ server    {host} answers, version 2.16.1",
        "✓ rights    experiments can be made on a server without users",
        "✓ secret    widedeep-metadata has username, password, database",
        "✓ image     widedeep-tfx:0.1.0 was pulled and runs",
        f"✓ volume    {tmp_path}/root/movielens can be written by user {user}",
        f"✓ volume    {tmp_path}/models/movielens can be written by user {user}",
        f"✓ database  sqlite:///{tmp_path}/metadata.sqlite has ML Metadata's tables, with 0 runs",
        "✓ claim     widedeep-root is bound",
        "✓ claim     widedeep-models is bound",
    ]
    # Nothing is left behind.
    assert [*api.experiments, *api.pipelines, *cluster.jobs, *cluster.pods] == []
    assert [*(tmp_path / "root").iterdir(), *(tmp_path / "models").iterdir()] == []


def test_several_failures_are_all_told(scene: Scene, tmp_path: Path) -> None:
    _, _, call = scene(
        {"version": "2.4.0"},
        secrets={"widedeep-metadata": {"username": "dQ==", "password": ""}},
        claims={"widedeep-root": ("Bound", ["ReadWriteOnce"])},
    )
    (tmp_path / "file").touch()
    done = call(root=f"{{claim: widedeep-root, path: {tmp_path}/file}}", metadata="postgresql://db:5432")
    assert done.exit_code == 1
    assert told(done) == [
        *("✗ server", "✓ rights", "✗ secret", "✗ claim", "✓ image", "✗ volume", "✗ database", "✓ claim"),
    ]
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert "✗ secret    widedeep-metadata has no password and no database" in lines
    assert "kubectl --namespace kubeflow delete secret widedeep-metadata" in lines
    assert (
        "kubectl --namespace kubeflow create secret generic widedeep-metadata --from-literal=username=... "
        "--from-literal=password=... --from-literal=database=..."
    ) in lines
    assert "✗ claim     there is no claim widedeep-models in namespace kubeflow" in lines
    assert "kubectl --namespace kubeflow apply --kustomize kubeflow/base" in lines
    place = f"{tmp_path}/file/movielens"
    assert f"✗ volume    {place} can't be written by user {os.getuid()}: Not a directory" in lines
    assert f"as the volume's owner: chown -R {os.getuid()}:{os.getgid()} {place}" in lines
    assert "✗ database  --metadata postgresql://db:5432: names no database, nor is METADATA_DATABASE set" in lines
    assert "✓ claim     widedeep-root is bound, but ReadWriteOnce: all steps must run on one node" in lines


@pytest.mark.parametrize(
    ("data", "finding", "code"),
    [
        ({"connection": "dQ=="}, "✓ secret    rows has connection", 0),
        ({"address": "dQ=="}, "✗ secret    rows has no connection", 1),
        (None, "✗ secret    there is no Secret rows in namespace kubeflow", 1),
    ],
)
def test_the_secret_of_a_database_of_rows(
    scene: Scene, tmp_path: Path, data: dict[str, str] | None, finding: str, code: int
) -> None:
    _, _, call = scene(secrets={"widedeep-metadata": WHOLE, **({"rows": data} if data else {})})
    asked = "data={format: sql, connection: ROWS, splits: {train: select 1, eval: select 1, test: select 1}}"
    done = call("--set", asked, data_secret="rows")
    assert done.exit_code == code, done.output
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert finding in lines
    create = "kubectl --namespace kubeflow create secret generic rows --from-literal=connection=..."
    assert (create in lines) == (code == 1)


def test_a_namespace_that_is_not_there_is_all_that_is_told(scene: Scene) -> None:
    _, cluster, call = scene()
    done = call("--namespace", "nowhere")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-2:] == [
        "✗ namespace there is no namespace nowhere",
        "            kubectl create namespace nowhere",
    ]
    assert cluster.log == ["GET /api/v1/namespaces/nowhere"]


def test_an_image_that_can_not_be_pulled(scene: Scene) -> None:
    said = 'Back-off pulling image "r.example.com/x:1": not found'
    _, cluster, call = scene(waiting=("ImagePullBackOff", said))
    done = call("--image", "r.example.com/x:1")
    assert done.exit_code == 1
    assert f"✗ image     r.example.com/x:1 can't be pulled: {said}\n" in done.stdout
    assert "            docker push r.example.com/x:1\n" in done.stdout
    assert "patch serviceaccount pipeline-runner --patch" in done.stdout
    assert not cluster.jobs


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"pending": "0/1 nodes are available: insufficient memory"}, "it does not run: 0/1 nodes are available"),
        ({"jobless": 'serviceaccount "pipeline-runner" not found'}, 'there is none: serviceaccount "pipeline-runner"'),
    ],
)
def test_a_pod_that_never_runs(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], says: str
) -> None:
    _, cluster, call = scene(**changes)
    monkeypatch.setattr(job_run, "_PATIENCE", 0.1)
    done = call()
    assert done.exit_code == 1
    assert f"✗ pod       after 0 minutes {says}" in done.stdout
    assert "kubectl --namespace kubeflow " in done.stdout
    assert not cluster.jobs


def test_a_claim_that_no_storage_class_binds(scene: Scene) -> None:
    claims = {"widedeep-root": ("Pending", MANY), "widedeep-models": ("Bound", MANY)}
    _, _, call = scene(claims=claims)
    done = call()
    assert done.exit_code == 1
    assert (
        "✗ claim     widedeep-root is Pending, not bound: most often no storage class makes ReadWriteMany"
        in done.stdout
    )
    assert "kubectl --namespace kubeflow describe pvc widedeep-root" in done.stdout


def test_an_image_of_something_else(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cluster, "_run", lambda *_: {"exitCode": 127, "reason": "Error"})
    _, _, call = scene()
    done = call()
    assert done.exit_code == 1
    assert "✗ image     the pod ended with 127 (Error) before it said anything\n" in done.stdout


def test_who_may_not_look_is_told_what_the_pod_sees(scene: Scene) -> None:
    _, _, call = scene(forbidden=("namespaces", "secrets", "persistentvolumeclaims"))
    done = call()
    assert done.exit_code == 0, done.output
    assert told(done) == ["✓ server", "✓ rights", "✓ image", *["✓ volume"] * 2, "✓ database", *["✓ claim"] * 2]


def test_who_may_make_no_jobs(scene: Scene) -> None:
    _, _, call = scene(forbidden=("jobs",))
    done = call()
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-2:] == [
        '✗ cluster   the cluster answers 403: jobs is forbidden: User "me" cannot post it',
        "            kubectl --namespace kubeflow auth can-i --list",
    ]


def test_without_a_kubeconfig_the_job_is_made_by_hand(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, call = scene()
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))
    done = call()
    assert done.exit_code == 1
    assert told(done) == ["✓ server", "✓ rights", "✗ cluster"]
    assert "check PIPELINE.yaml --dry-run | kubectl --namespace kubeflow create --filename -" in done.stdout


def test_a_server_that_is_not_there_is_one_finding_among_others(scene: Scene) -> None:
    _, _, call = scene()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = call("--host", host)
    assert done.exit_code == 1
    assert told(done)[:2] == ["✗ server", "✓ secret"]
    assert "kubectl port-forward -n kubeflow svc/ml-pipeline 8888:8888" in done.stdout


def test_a_server_with_many_users(scene: Scene) -> None:
    """Each has a namespace, and its pods another account than a server's without users."""
    api, cluster, call = scene({"multi_user": True, "token": "let-me-in", "forbidden": "theirs"}, namespace="mine")
    without = call("--token", "let-me-in")
    assert without.exit_code == 1
    assert "✗ namespace the server has many users, each with a namespace of its own\n" in without.stdout
    assert "say which: --namespace NAME" in without.stdout
    wrong = call("--token", "open-sesame", "--namespace", "mine")
    assert wrong.exit_code == 1
    assert "✗ server    the server refuses the request (401): Unauthenticated" in wrong.stdout
    assert "Give a token that is valid for the namespace: --token" in wrong.stdout
    assert "open-sesame" not in wrong.output
    other = call("--token", "let-me-in", "--namespace", "theirs")
    assert "✗ rights    the server refuses the request (403)" in other.stdout
    accounts: list[str] = []
    start = Cluster._start
    cluster._start = lambda job, spec: (accounts.append(spec["serviceAccountName"]), start(cluster, job, spec))[1]  # type: ignore[method-assign]
    done = call("--token", "let-me-in", "--namespace", "mine")
    assert done.exit_code == 0, done.output
    assert "✓ rights    experiments can be made in namespace mine\n" in done.stdout
    assert accounts == ["default-editor"]
    assert not api.experiments


def test_a_server_that_does_not_tell_its_version(scene: Scene) -> None:
    _, _, call = scene({"version": ""})
    assert "answers; it does not tell its version, which must be 2.16 or newer" in call().stdout


def test_what_is_printed_is_what_is_made(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    api, cluster, call = scene()
    made: list[Any] = []
    start = Cluster.post_jobs
    monkeypatch.setattr(
        Cluster, "post_jobs", lambda self, name, query, body: (made.append(body), start(self, name, query, body))[1]
    )
    printed = call("--dry-run")
    assert printed.exit_code == 0
    assert api.log == cluster.log == []
    job = yaml.safe_load(printed.stdout)
    kubernetes_validate.validate(job, "1.29", strict=True)
    assert call().exit_code == 0
    assert made == [job]


def test_bad_usage(tmp_path: Path) -> None:
    assert CliRunner().invoke(command, ["check", str(MOVIELENS)], env={"KUBEFLOW_HOST": ""}).exit_code == 2
    formless = CliRunner().invoke(command, ["check", str(MOVIELENS), "--host", "localhost:8888"])
    assert isinstance(formless.exception, ConfigError)
    assert str(formless.exception).startswith("--host 'localhost:8888': needs http://")
    absent = CliRunner().invoke(command, ["check", str(tmp_path / "none.yaml"), "--host", "http://x:1"])
    assert isinstance(absent.exception, ConfigError)
