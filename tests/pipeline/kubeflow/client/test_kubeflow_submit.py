"""The commands that talk to a server, against one that holds requests to the published API."""

from __future__ import annotations

import io
import json
import re
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from kfp_server_api import V2beta1PipelineTaskDetail, V2beta1Run, V2beta1RunDetails
from rich.console import Console

from tests.pipeline.kubeflow.kfp_api import Api, Refused, serve
from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.pipeline.commands.kubeflow import command
from widedeep.pipeline.kubeflow.client import run_watch

Started = tuple[Api, str]


@pytest.fixture
def start() -> Iterator[Callable[..., Started]]:
    """Starts a server."""
    servers = []

    def call(**settings: Any) -> Started:
        api = Api(**settings)
        server, host = serve(api)
        servers.append(server)
        return api, host

    yield call
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def compiled(tmp_path: Path) -> Path:
    """A compiled pipeline with two parameters."""
    document = {
        "schemaVersion": "2.1.0",
        "pipelineInfo": {"name": "toy"},
        "root": {
            "inputDefinitions": {
                "parameters": {"epochs": {"parameterType": "NUMBER_INTEGER"}, "data_path": {"parameterType": "STRING"}}
            },
            "dag": {
                "tasks": {
                    "example-gen": {"taskInfo": {"name": "ExampleGen"}},
                    "trainer": {"taskInfo": {"name": "Trainer"}, "dependentTasks": ["example-gen"]},
                }
            },
        },
    }
    file = tmp_path / "toy.yaml"
    file.write_text(yaml.safe_dump_all([document, {"platforms": {"kubernetes": {}}}]))
    return file


def called(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(command, list(arguments), env=environment, catch_exceptions=True)


def test_a_run_is_started_with_its_parameters(start: Callable[..., Started], compiled: Path) -> None:
    api, host = start()
    done = called(
        "submit", str(compiled), "--host", host, "--param", "epochs=7", "--param", "data_path=12", "--name", "mine"
    )
    assert done.exit_code == 0, done.output
    [run] = api.runs.values()
    # One version of this content, and no second one by the pipeline's name.
    [version] = api.versions.values()
    assert run["runtime_config"]["parameters"] == {"epochs": 7, "data_path": "12"}
    assert run["pipeline_version_reference"]["pipeline_version_id"] == version["pipeline_version_id"]
    assert run["display_name"] == "mine"
    assert [experiment["display_name"] for experiment in api.experiments.values()] == ["toy"]
    assert done.output == (
        f"run {run['run_id']}  http://localhost:8080/#/runs/details/{run['run_id']}  "
        f"(after: kubectl port-forward -n kubeflow svc/ml-pipeline-ui 8080:80; {host} has the API alone)\n"
    )


def test_equal_content_is_uploaded_once(start: Callable[..., Started], compiled: Path) -> None:
    api, host = start()
    for _ in range(3):
        assert called("submit", str(compiled), "--host", host).exit_code == 0
    assert len(api.pipelines) == 1
    before = len(api.versions)
    compiled.write_text(compiled.read_text().replace("epochs", "rounds"))
    assert called("submit", str(compiled), "--host", host, "--param", "rounds=1").exit_code == 0
    assert len(api.versions) == before + 1
    used = [run["pipeline_version_reference"]["pipeline_version_id"] for run in api.runs.values()]
    assert used[0] == used[1] == used[2] != used[3]
    assert "rounds" in api.versions[used[3]]["pipeline_spec"]["root"]["inputDefinitions"]["parameters"]
    assert len(api.experiments) == 1


def test_a_schedule_makes_up_for_nothing_and_runs_one_at_a_time(start: Callable[..., Started], compiled: Path) -> None:
    api, host = start()
    line = ("schedule", str(compiled), "--host", host, "--cron", "0 0 3 * * *", "--param", "epochs=2")
    done = called(*line)
    assert done.exit_code == 0, done.output
    [made] = api.recurring.values()
    assert made["trigger"] == {"cron_schedule": {"cron": "0 0 3 * * *"}}
    assert made["no_catchup"] is True
    assert int(made["max_concurrency"]) == 1
    assert made["mode"] == "ENABLE"
    assert made["runtime_config"]["parameters"] == {"epochs": 2}
    assert done.output.startswith(
        f"recurring run {made['recurring_run_id']}  http://localhost:8080/#/recurringrun/details/"
    )
    again = called(*line)
    assert isinstance(again.exception, WideDeepError)
    assert f"there is a recurring run 'toy' already ({made['recurring_run_id']})" in str(again.exception)
    assert len(api.recurring) == 1


def test_a_namespace_and_a_token_from_the_environment(start: Callable[..., Started], compiled: Path) -> None:
    api, host = start(token="let-me-in", multi_user=True)
    done = called("submit", str(compiled), KUBEFLOW_HOST=host, KUBEFLOW_NAMESPACE="team-a", KUBEFLOW_TOKEN="let-me-in")
    assert done.exit_code == 0, done.output
    assert [experiment["namespace"] for experiment in api.experiments.values()] == ["team-a"]
    assert [pipeline["namespace"] for pipeline in api.pipelines.values()] == ["team-a"]


def test_a_wrong_token_is_told_at_once(start: Callable[..., Started], compiled: Path) -> None:
    api, host = start(token="let-me-in")
    done = called("submit", str(compiled), "--host", host, "--token", "open-sesame")
    assert isinstance(done.exception, ConfigError)
    told = str(done.exception)
    assert told.startswith(f"{host}: the server refuses the request (401): Unauthenticated: there is no user identity")
    assert "--token, or KUBEFLOW_TOKEN" in told
    assert "open-sesame" not in told
    assert api.log == ["GET /apis/v2beta1/healthz"]


def test_a_server_that_is_not_there(compiled: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = called("submit", str(compiled), "--host", host)
    assert type(done.exception) is WideDeepError
    assert str(done.exception).startswith(f"{host}: the Kubeflow Pipelines server does not answer: ")
    assert "kubectl port-forward" in str(done.exception)


def test_where_the_pages_are_the_link_is_theirs(start: Callable[..., Started], compiled: Path) -> None:
    api, host = start(pages=True)
    done = called("submit", str(compiled), "--host", f"{host}/")
    [run] = api.runs
    assert done.output == f"run {run}  {host}/#/runs/details/{run}\n"


def test_what_the_server_says_of_a_refusal(start: Callable[..., Started], compiled: Path) -> None:
    _, host = start(token="valid")
    done = called("submit", str(compiled), "--host", host, "--token", "other")
    assert type(done.exception) is ConfigError
    assert str(done.exception).startswith(f"{host}: the server refuses the request (401): Unauthenticated: ")


def test_each_namespace_has_pipelines_of_its_own(start: Callable[..., Started], compiled: Path) -> None:
    """A shared one of the same name is another's."""
    api, host = start(multi_user=True)
    line = ("submit", str(compiled), "--host", host, "--namespace")
    shared = api.create_pipeline(query={}, body={"name": "toy", "display_name": "toy"})
    for namespace in ("mine", "mine", "yours"):
        done = called(*line, namespace)
        assert done.exit_code == 0, done.output
    assert sorted(pipeline.get("namespace") or "" for pipeline in api.pipelines.values()) == ["", "mine", "yours"]
    assert len(api.versions) == 2
    assert not [version for version in api.versions.values() if version["pipeline_id"] == shared["pipeline_id"]]
    # A new version, and a schedule.
    compiled.write_text(compiled.read_text().replace("epochs", "rounds"))
    assert called(*line, "mine").exit_code == 0
    again = called("schedule", str(compiled), "--host", host, "--namespace", "mine", "--cron", "0 0 3 * * *")
    assert again.exit_code == 0, again.output
    assert len(api.pipelines) == 3
    assert len(api.versions) == 3


@pytest.mark.parametrize("verb", ["submit", "schedule"])
def test_without_a_namespace_nothing_is_left_behind(start: Callable[..., Started], compiled: Path, verb: str) -> None:
    api, host = start(multi_user=True)
    extra = ["--cron", "0 30 4 * * 1"] if verb == "schedule" else []
    done = called(verb, str(compiled), "--host", host, *extra)
    assert type(done.exception) is ConfigError
    assert str(done.exception) == (
        f"{host}: the server has many users, each with a namespace of its own. Say which: --namespace, or "
        "KUBEFLOW_NAMESPACE in the environment. Nothing was uploaded."
    )
    assert [*api.pipelines, *api.versions, *api.experiments, *api.runs] == []


def test_a_namespace_that_refuses_leaves_nothing_behind_either(start: Callable[..., Started], compiled: Path) -> None:
    api, host = start(multi_user=True, forbidden="theirs")
    done = called("submit", str(compiled), "--host", host, "--namespace", "theirs")
    assert type(done.exception) is ConfigError
    assert "the server refuses the request (403): " in str(done.exception)
    assert [*api.pipelines, *api.versions] == []


@pytest.mark.parametrize("host", ["localhost:8888", "ftp://x", "http://", "kubeflow"])
def test_a_host_needs_its_scheme(compiled: Path, host: str) -> None:
    done = called("submit", str(compiled), "--host", host)
    assert type(done.exception) is ConfigError
    assert str(done.exception) == f"--host '{host}': needs http:// or https://, for example http://localhost:8888."


@pytest.mark.parametrize(("option", "text"), [("--name", "x" * 400), ("--experiment", "x" * 129), ("--name", " ")])
def test_names_are_as_long_as_the_backend_takes_them(
    start: Callable[..., Started], compiled: Path, option: str, text: str
) -> None:
    api, host = start()
    for verb, extra in (("submit", []), ("schedule", ["--cron", "0 0 3 * * *"])):
        done = called(verb, str(compiled), "--host", host, option, text, *extra)
        assert type(done.exception) is ConfigError
        assert str(done.exception).startswith(f"{option} '")
        assert str(done.exception).endswith(f": has {len(text)} characters; give 1 to 128.")
    assert api.log == []


@pytest.mark.parametrize("verb", ["submit", "schedule"])
def test_a_dry_run_sends_nothing(start: Callable[..., Started], compiled: Path, verb: str) -> None:
    api, host = start()
    extra = ["--cron", "0 30 4 * * 1"] if verb == "schedule" else []
    done = called(verb, str(compiled), "--host", host, "--param", "epochs=4", "--name", "n", "--dry-run", *extra)
    assert done.exit_code == 0, done.output
    assert api.log == []
    plan = json.loads(done.output)
    assert (plan["pipeline"], plan["experiment"]) == ("toy", "toy")
    sent = plan["run" if verb == "submit" else "recurring_run"]
    assert (sent["display_name"], sent["parameters"]) == ("n", {"epochs": 4})
    if verb == "schedule":
        assert (sent["cron"], sent["no_catchup"], sent["max_concurrency"]) == ("0 30 4 * * 1", True, 1)
    # What is printed is what is sent.
    assert called(verb, str(compiled), "--host", host, "--param", "epochs=4", *extra).exit_code == 0
    assert plan["version"] in {version["display_name"] for version in api.versions.values()}


@pytest.mark.parametrize(("ends", "code"), [("SUCCEEDED", 0), ("FAILED", 1), ("CANCELED", 1)])
def test_a_run_is_followed_to_its_end(
    start: Callable[..., Started], compiled: Path, monkeypatch: pytest.MonkeyPatch, ends: str, code: int
) -> None:
    # As Argo calls its nodes: the workflow, its root, and a driver and an executor for each task.
    looks = [
        {"toy-x7f2k": "RUNNING", "root-driver": "SUCCEEDED", "root": "RUNNING", "example-gen-driver": "RUNNING"},
        {"root": "RUNNING", "example-gen-driver": "SUCCEEDED", "example-gen": "RUNNING", "executor": "RUNNING"},
        {"root": "RUNNING", "example-gen": "SUCCEEDED", "executor": "SUCCEEDED", "trainer": "RUNNING"},
        {"root": ends, "example-gen": "SUCCEEDED", "trainer": ends},
    ]
    _, host = start(progress=looks, ends=ends, failing=(1, 2, 4, 5))
    monkeypatch.setattr(run_watch, "_POLL", 0.0)
    monkeypatch.setattr(run_watch, "_PATIENCE", 3)
    done = called("submit", str(compiled), "--host", host, "--wait")
    assert done.exit_code == code, done.output
    steps = [line.split() for line in done.stderr.splitlines() if not line.startswith("http")][:4]
    assert steps == [["ExampleGen", "RUNNING"], ["ExampleGen", "SUCCEEDED"], ["Trainer", "RUNNING"], ["Trainer", ends]]
    # A port may have the number, too.
    assert done.stderr.count("answers 503") == 4
    assert done.stdout.splitlines()[-1] == ends


def test_a_run_that_failed_says_where_to_look_and_what_never_ran(
    start: Callable[..., Started], compiled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, host = start(progress=[{"root": "FAILED", "example-gen": "FAILED"}], ends="FAILED")
    monkeypatch.setattr(run_watch, "_POLL", 0.0)
    done = called("submit", str(compiled), "--host", host, "--wait", "--namespace", "mine", KUBECONFIG="/nowhere")
    assert done.exit_code == 1
    [run] = api.runs
    assert done.stderr.splitlines() == [
        "ExampleGen           FAILED",
        "Trainer              not run",
        "Why, the steps' pods say:",
        f"  kubectl logs -n mine -l pipeline/runid={run} -c main --tail=30 --prefix",
    ]


def test_a_server_that_stops_answering_is_given_up_on(
    start: Callable[..., Started], compiled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, host = start(failing=range(1, 100))
    monkeypatch.setattr(run_watch, "_POLL", 0.0)
    monkeypatch.setattr(run_watch, "_PATIENCE", 3)
    done = called("submit", str(compiled), "--host", host, "--wait")
    assert type(done.exception) is WideDeepError
    assert done.stderr.count("Looking again.") == 2


def test_on_a_terminal_all_steps_stand_in_a_table() -> None:
    started = datetime(2026, 1, 1, 10, 0, 0, tzinfo=UTC)
    trained = V2beta1PipelineTaskDetail(
        display_name="trainer", state="SUCCEEDED", start_time=started, end_time=started + timedelta(seconds=95)
    )
    details = V2beta1RunDetails(task_details=[trained, V2beta1PipelineTaskDetail(display_name="root", state="RUNNING")])
    run = V2beta1Run(display_name="mine", state="FAILED", run_details=details)
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    assert run_watch.watch(lambda: run, {"trainer": "Trainer", "pusher": "Pusher"}, console) == "FAILED"
    assert isinstance(console.file, io.StringIO)
    rows = [line.split() for line in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", console.file.getvalue()).splitlines()]
    assert [row for row in rows if row][:4] == [
        ["step", "state", "seconds"],
        ["Trainer", "SUCCEEDED", "95"],
        ["Pusher", "not", "run"],
        ["mine:", "FAILED"],
    ]


def test_the_host_is_needed(compiled: Path) -> None:
    done = called("submit", str(compiled), KUBEFLOW_HOST="")
    assert done.exit_code == 2
    assert "give --host, or KUBEFLOW_HOST" in done.output


@pytest.mark.parametrize(
    ("path", "query", "body", "says"),
    [
        ("/experiments", {}, {"name": "x"}, "unknown field experiment.name"),
        ("/runs", {}, {"display_name": 3}, "run.display_name: 3 is no str"),
        ("/runs", {"job": "1"}, {}, "unknown query parameter job"),
        ("/recurringruns", {}, {"mode": "ON"}, "recurring_run.mode: no such value ON"),
        ("/recurringruns", {}, {"trigger": {"cron": "x"}}, "unknown field recurring_run.trigger.cron"),
    ],
)
def test_the_server_refuses_what_the_api_does_not_define(path: str, query: Any, body: Any, says: str) -> None:
    with pytest.raises(Refused, match=says):
        Api().answer("POST", f"/apis/v2beta1{path}", query, body)
