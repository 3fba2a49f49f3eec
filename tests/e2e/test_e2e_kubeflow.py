"""The compiled pipeline, node by node, each in a process of its own as in its container."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import database_trouble
import pytest
from database_servers import SECRET, Server, in_turn
from harness import Slice
from kubeflow_harness import Cluster, child
from ml_metadata.proto import metadata_store_pb2

from widedeep.components.metadata.executions import state

RESOLVERS = {"BaseModel", "LatestBlessedModel"}


def gone(pid: int) -> None:
    """Waits until a process is no more, or only its parent has not looked after it yet."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.05)
    raise AssertionError(f"process {pid} still runs")


def trained(cluster: Cluster, run_id: str) -> Any:
    return json.loads(Path(cluster.outputs("Trainer", run_id)["model_run"].uri, "training.json").read_text())


def metrics(cluster: Cluster, run_id: str) -> dict[str, float]:
    said = json.loads((cluster.page("Evaluator", run_id) / "output.json").read_text())
    [artifact] = said["artifacts"]["metrics"]["artifacts"]
    assert isinstance(artifact["metadata"], dict)
    return artifact["metadata"]


def resolved(cluster: Cluster, node: str, run_id: str) -> list[int]:
    """Ids of the models that a Resolver found."""
    store = cluster.store()
    ended = cluster.node(node, run_id).success(store)
    assert ended is not None
    return [
        event.artifact_id
        for event in store.get_events_by_execution_ids([ended.id])
        if event.type == metadata_store_pb2.Event.INTERNAL_OUTPUT and event.path.steps[0].key == "model"
    ]


@pytest.mark.parametrize("database", in_turn("postgresql"))
def test_three_runs_push_find_everything_cached_and_start_from_the_blessed_model(
    movielens: Slice, tmp_path: Path, server: Server | None
) -> None:
    cluster = Cluster(tmp_path / "cluster", movielens, server.address if server else "", SECRET)
    cluster.compile("training.warm_start=true", "evaluation={bounds: {auc: {at_least: 0.1}}, beat_base_rate: false}")

    if server:
        database_trouble.refused(cluster, "ExampleGen")

    # A node whose inputs are not there.
    early = cluster.step("StatisticsGen", "r0", epochs=1)
    assert early.returncode == 1
    assert (
        "Error: StatisticsGen can't start: its inputs are missing. In run r0, ExampleGen has not ended well."
        in early.stderr
    )

    # The first nodes as in their containers, an interpreter for each. One is killed, and tried again; and its executor.
    cluster.installed = True
    first_node = cluster.step("ExampleGen", "r1", epochs=1)
    assert first_node.returncode == 0, first_node.stderr
    # What TensorFlow says of itself at each start is no news.
    assert not [line for line in first_node.stderr.splitlines() if re.search("oneDNN|cuda|absl::", line)]
    with cluster.running("StatisticsGen", "r1", epochs=1) as process:
        executor = child(child(process.pid))
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
    gone(executor)
    with cluster.running("StatisticsGen", "r1", epochs=1) as process:
        os.kill(child(child(process.pid)), signal.SIGKILL)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "StatisticsGen: an earlier attempt was killed (execution " in said
    hint = "Most often it needed more memory than its container has: see kubeflow.steps in PIPELINE.yaml."
    assert said.rstrip().endswith(f"Error: the executor was killed by SIGKILL. {hint}")
    cluster.installed = False
    if server:
        database_trouble.lost_and_back(cluster, server, "StatisticsGen", "r1")
    states = cluster.run("r1", epochs=1)
    assert set(states) == set(cluster.compiled.tasks.values())
    assert set(states.values()) == {"COMPLETE"}
    *failed, done = cluster.node("StatisticsGen", "r1").executions(cluster.store())
    assert state(done) == "COMPLETE"
    assert {state(attempt) for attempt in failed} == {"FAILED"}
    assert cluster.outputs("StatisticsGen", "r1")["statistics"].uri.endswith(f"/{done.id}")
    assert len(cluster.node("ExampleGen", "r1").executions(cluster.store())) == 1

    # Nobody but their user may change what a later step, or a server, reads.
    writable = [path for path in cluster.folder.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o022]
    assert writable == []

    models = cluster.folder / "models" / "movielens"
    assert [path.name for path in models.iterdir()] == ["1"]
    assert (models / "1" / "saved_model.pb").is_file()
    first = cluster.outputs("Trainer", "r1")["model"]
    assert trained(cluster, "r1")["base"] is None
    for node in cluster.compiled.tasks.values():
        assert (cluster.page(node, "r1") / "summary").read_text().startswith(f"# {node}\n\n**COMPLETE**")
    assert "Pushed version 1" in (cluster.page("Pusher", "r1") / "report").read_text()
    assert f"{metrics(cluster, 'r1')['auc']:.4f}" in (cluster.page("Pusher", "r1") / "report").read_text()
    assert "baseline_auc" not in metrics(cluster, "r1")

    states = cluster.run("r2", epochs=1)
    cached = {node for node, state in states.items() if state == "CACHED"}
    assert cached == set(states) - RESOLVERS
    assert [path.name for path in models.iterdir()] == ["1"]
    # What a cached node shows is what it found.
    for node in cached:
        made, again = (
            {key: artifact.id for key, artifact in cluster.outputs(node, run).items()} for run in ("r1", "r2")
        )
        assert made
        assert again == made
    assert metrics(cluster, "r2") == metrics(cluster, "r1")

    states = cluster.run("r3", epochs=2)
    fresh = {node for node, state in states.items() if state == "COMPLETE"} - RESOLVERS
    assert {"Trainer", "Evaluator", "Pusher"} <= fresh
    assert states["Transform"] == states["ExampleGen"] == "CACHED"
    assert resolved(cluster, "BaseModel", "r3") == resolved(cluster, "LatestBlessedModel", "r3") == [first.id]
    assert trained(cluster, "r3")["base"]["model"] == f"{first.uri}/Format-Serving"
    assert metrics(cluster, "r3")["baseline_auc"] == metrics(cluster, "r1")["auc"]
    assert sorted(path.name for path in models.iterdir()) == ["1", "2"]

    # Once done, nothing runs, and no model is pushed again.
    done_before = cluster.step("Pusher", "r3", epochs=2)
    assert done_before.returncode == 0
    assert "Pusher: has ended well in run r3 before; nothing runs." in done_before.stderr
    assert sorted(path.name for path in models.iterdir()) == ["1", "2"]


def test_processes_at_once_do_each_thing_once(taxi: Slice, tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "cluster", taxi)
    cluster.compile()
    processes = [cluster.start("ExampleGen", run_id) for run_id in ("r1", "r1", "r2")]
    ends = [process.communicate(timeout=300)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], ends
    store = cluster.store()
    attempts = {run_id: cluster.node("ExampleGen", run_id).executions(store) for run_id in ("r1", "r2")}
    assert sorted(state(attempt) for executions in attempts.values() for attempt in executions) == [
        "CACHED",
        "COMPLETE",
    ]
    assert {len(numbers) for numbers in attempts.values()} == {1}
    assert cluster.outputs("ExampleGen", "r1")["examples"].id == cluster.outputs("ExampleGen", "r2")["examples"].id


def test_wrong_settings_and_data_that_is_not_there(taxi: Slice, tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "cluster", taxi)
    cluster.compile()
    lost = cluster.step("ExampleGen", "r1", data_path="/nowhere")
    assert lost.returncode == 2
    assert "Error: data.path: there is no folder /nowhere." in lost.stderr
    # The executions' table has no half of it.
    assert cluster.node("ExampleGen", "r1").executions(cluster.store()) == []
    unknown = cluster.step("ExampleGen", "r1", "--set=training.epoch=3")
    assert unknown.returncode == 2
    assert "unknown key 'epoch': did you mean 'epochs'?" in unknown.stderr
    option = cluster.step("ExampleGen", "r1", training='{"deep.dropuot": 0.1}')
    assert option.returncode == 2
    assert "the run's parameter training: unknown option 'deep.dropuot': did you mean 'deep.dropout'?" in option.stderr
    away = cluster.step("ExampleGen", "r1", "--metadata=postgresql://a@127.0.0.1:1/x", "--patience=1")
    assert away.returncode == 1
    assert (
        "Error: postgresql://a@127.0.0.1:1/x: the metadata database does not answer: Connection refused." in away.stderr
    )
    for done in (lost, unknown, option, away):
        assert "Traceback" not in done.stderr
