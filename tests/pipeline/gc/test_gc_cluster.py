"""A cluster's pipelines share a database: gc and rollback do to one what they do here, and leave the others alone."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from database_servers import SECRET, in_turn, running
from ml_metadata.proto import metadata_store_pb2 as pb

from widedeep.components.common.bucket_path import BucketPath
from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.components.metadata.cluster import turns
from widedeep.components.metadata.cluster.database import Database
from widedeep.components.metadata.cluster.turns import BusyError, turn
from widedeep.pipeline.commands.models import models
from widedeep.pipeline.commands.pipelines import gc
from widedeep.pipeline.local.cluster_workdir import ClusterWorkdir

# As Kubeflow names runs: neither their order nor their time.
RUNS = ["9f-first", "1c-second", "e0-third", "4b-fourth", "07-fifth"]


class Cluster:
    """Two pipelines whose metadata lie in one database, each with a root and a folder of versions."""

    def __init__(self, folder: Path, metadata: str, working: Any) -> None:
        self.metadata = metadata
        self.database = Database(metadata, SECRET, 30.0)
        self.pipelines: dict[str, Any] = {}
        for name in ("mine", "other"):
            for kind in ("root", "models"):
                (folder / kind / name).mkdir(parents=True)
            workdir = ClusterWorkdir(folder / "root" / name, folder / "models" / name, self.database)
            self.pipelines[name] = working(workdir.path, workdir, self.database.open(), name)

    @property
    def mine(self) -> Any:
        return self.pipelines["mine"]

    def call(self, command: click.Command, *arguments: object) -> Result:
        workdir = self.mine.workdir
        where = [str(workdir.path), "--models", str(workdir.models), "--metadata", self.metadata]
        return CliRunner().invoke(command, [*where, *map(str, arguments)], env=SECRET, standalone_mode=False)


@pytest.fixture
def cluster(tmp_path: Path, working: Any) -> Cluster:
    return Cluster(tmp_path, f"sqlite:///{tmp_path / 'metadata.sqlite'}", working)


@pytest.fixture(params=in_turn("postgresql"))
def served(request: pytest.FixtureRequest, tmp_path: Path, working: Any) -> Iterator[Cluster]:
    """On a real server."""
    with running(request.param) as server:
        sqlite = f"sqlite:///{tmp_path / 'metadata.sqlite'}"
        yield Cluster(tmp_path, server.address if server else sqlite, working)


@pytest.fixture
def in_bucket(tmp_path: Path, working: Any) -> Cluster:
    """Roots and versions in an object store: TensorFlow's, in memory."""
    made = Cluster(BucketPath(f"ram://{tmp_path.name}"), f"sqlite:///{tmp_path / 'metadata.sqlite'}", working)
    # From here on numbers have three digits: it takes the folder 20 for one in the folder 2.
    store = made.database.open()
    other = store.put_execution_type(pb.ExecutionType(name="other"))
    store.put_executions([pb.Execution(type_id=other) for _ in range(100)])
    return made


def days(worked: Any, runs: list[str]) -> list[dict[str, int]]:
    """Five runs, the second of which found its data in the cache, and the last of which was not good enough."""
    first = worked.run(runs[0], span=1)
    second = worked.run(runs[1], span=1, cached=first)
    third = worked.run(runs[2], span=2, window={1: first["examples"]}, base=second["model"], baseline=second["model"])
    fourth = worked.run(runs[3], span=3, window={2: third["examples"]}, until="Trainer")
    return [first, second, third, fourth, worked.run(runs[4], span=3, blessed=False)]


def kept(worked: Any, made: list[dict[str, int]]) -> list[set[str]]:
    live = worked.live() & worked.there()
    return [{key for key, number in run.items() if number in live} for run in made]


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_gc_removes_what_it_would_here_and_nothing_of_another_pipeline(
    served: Cluster, tmp_path: Path, working: Any
) -> None:
    """Run by run in turn, so that ids, runs and versions of both are mixed."""
    local = working(tmp_path / "local")
    expected = days(local, [f"2026010{number}" for number in range(1, 6)])
    made = {name: days(worked, [f"{run}-{name}" for run in RUNS]) for name, worked in served.pipelines.items()}
    before = tree(served.pipelines["other"].workdir.path)
    for keep in (3, 1):
        here = CliRunner().invoke(gc.command, [str(local.workdir.path), "--keep", str(keep)], catch_exceptions=False)
        assert here.exit_code == 0
        done = served.call(gc.command, "--keep", keep)
        assert done.exception is None, done.exception
        assert kept(served.mine, made["mine"]) == kept(local, expected)
    assert {path.name.partition("-mine")[0] for path in served.mine.workdir.runs.iterdir()} == set(RUNS[-1:])
    assert tree(served.pipelines["other"].workdir.path) == before
    everything = [set(run) for run in made["other"]]
    assert kept(served.pipelines["other"], made["other"]) == everything
    # And again there is nothing to do.
    assert served.call(gc.command, "--keep", 1).stdout.splitlines()[-1] == "freed 0 bytes"


def test_gc_and_rollback_in_a_bucket(in_bucket: Cluster, tmp_path: Path, working: Any) -> None:
    """As here; the other pipeline of the bucket is left as it is."""
    local = working(tmp_path / "local")
    expected = days(local, [f"2026010{number}" for number in range(1, 6)])
    made = {name: days(worked, [f"{run}-{name}" for run in RUNS]) for name, worked in in_bucket.pipelines.items()}
    before = tree(in_bucket.pipelines["other"].workdir.path)
    CliRunner().invoke(gc.command, [str(local.workdir.path), "--keep", "1"], catch_exceptions=False)
    done = in_bucket.call(gc.command, "--keep", 1)
    assert done.exception is None, done.exception
    assert kept(in_bucket.mine, made["mine"]) == kept(local, expected)
    assert tree(in_bucket.pipelines["other"].workdir.path) == before
    assert in_bucket.call(gc.command, "--keep", 1).stdout.splitlines()[-1] == "freed 0 bytes"

    pushed = in_bucket.mine.workdir.models
    first, number = tree(pushed / "1"), len(list(pushed.iterdir()))
    done = in_bucket.call(models.command, "rollback", 1)
    assert done.exception is None, done.exception
    newest = max(pushed.iterdir(), key=lambda path: int(path.name))
    # A time stamp, as a push there makes it.
    assert done.stdout.splitlines()[0] == f"version {newest.name} serves: version 1 again, in place of {number}"
    assert int(newest.name) > 1_700_000_000
    lineage = "assets.extra/lineage.json"
    assert {**tree(newest), lineage: b""} == {**first, lineage: b""}
    listed = in_bucket.call(models.command).stdout.splitlines()
    assert [line.split()[0] for line in listed[1:]] == [*map(str, range(1, number + 1)), newest.name]
    assert listed[-1].rstrip().endswith(f"serves, version 1 again, in place of {number}")
    again = in_bucket.call(models.command, "rollback", 1)
    assert again.stdout.splitlines()[0].startswith(f"version {newest.name}, which holds the model of version 1,")


def test_a_bucket_needs_a_database(in_bucket: Cluster) -> None:
    place = str(in_bucket.mine.workdir.path)
    for command, more in ((gc.command, ["--keep", "1"]), (models.command, [])):
        alone = CliRunner().invoke(command, [place, *more])
        assert alone.exit_code == 2
        assert f"{place} lies in a bucket: --models and --metadata say where all else is." in alone.stderr
        none = CliRunner().invoke(command, [f"{place}/none", *more])
        assert none.exit_code == 2
        assert f"there is no folder {place}/none." in none.stderr


def test_rollback_marks_the_models_of_this_pipeline_alone(served: Cluster) -> None:
    made = {name: [worked.run(f"{run}-{name}") for run in RUNS[:3]] for name, worked in served.pipelines.items()}
    done = served.call(models.command, "rollback", 1)
    assert done.exception is None, done.exception
    assert done.stdout.splitlines() == [
        "version 4 serves: version 1 again, in place of 3",
        "no run will start from, compare with or push again: 2, 3",
    ]
    marked = {
        artifact.id for artifact in served.mine.store.get_artifacts() if "rolled_back" in artifact.custom_properties
    }
    assert marked == {run["model"] for run in made["mine"][1:]}
    listed = served.call(models.command)
    assert listed.exception is None, listed.exception
    assert [line.split()[0] for line in listed.stdout.splitlines()[1:]] == ["1", "2", "3", "4"]
    assert listed.stdout.splitlines()[-1].rstrip().endswith("serves, version 1 again, in place of 3")
    # What the version needs that serves again is kept, and so is what may be put back.
    shutil.rmtree(served.mine.workdir.models / "2")
    assert served.call(gc.command, "--keep", 1).exception is None
    models_kept = [number["model"] in served.mine.live() for number in made["mine"]]
    assert models_kept == [True, False, True]
    assert made["mine"][0]["examples"] in served.mine.live()


def test_while_a_step_works_nothing_is_removed(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "BEAT", 0.05)
    monkeypatch.setattr(turns, "_POLL", 0.02)
    days(cluster.mine, RUNS)
    before = tree(cluster.mine.workdir.path)
    with turn(cluster.database, "mine.Trainer"):
        done = cluster.call(gc.command, "--keep", 1)
    assert type(done.exception) is WideDeepError
    assert str(done.exception).startswith("mine.Trainer: process ")
    assert str(done.exception).endswith(" works on it. Nothing was done: wait until the run has ended.")
    assert tree(cluster.mine.workdir.path) == before
    # Another pipeline's is no matter.
    with turn(cluster.database, "other.Trainer"):
        assert cluster.call(gc.command, "--keep", 1).exception is None


def test_a_step_waits_until_the_collection_has_ended(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "BEAT", 0.05)
    monkeypatch.setattr(turns, "_POLL", 0.02)
    days(cluster.mine, RUNS)
    began = threading.Event()

    def step() -> None:
        with turn(cluster.database, "mine.Evaluator"):
            began.set()

    with cluster.mine.workdir.lock():
        for node in ("ExampleGen", "Trainer", "Pusher"):
            with pytest.raises(BusyError), turn(cluster.database, f"mine.{node}", wait=False):
                pass
        working = threading.Thread(target=step)
        working.start()
        assert not began.wait(0.5)
    working.join(timeout=30)
    assert began.is_set()


def test_what_the_metadata_do_not_know_is_left_alone(cluster: Cluster) -> None:
    for run in RUNS[:2]:
        cluster.mine.run(run)
    workdir, store = cluster.mine.workdir, cluster.mine.store
    executions = {}
    for run in RUNS[:2]:
        context = store.get_context_by_type_and_name("pipeline_run", run).id
        # Killed, or still at work: the metadata can't tell.
        cluster.mine.node(context, "Tuner", {}, {})
        executions[run] = max(execution.id for execution in store.get_executions_by_context(context))
        [execution] = store.get_executions_by_id([executions[run]])
        execution.last_known_state = pb.Execution.RUNNING
        store.put_executions([execution])
    folders = {run: workdir.artifacts / "Tuner" / "result" / str(number) for run, number in executions.items()}
    unknown = workdir.artifacts / "Later" / "result" / "999999"
    strange = workdir.runs / "00-of-another-database"
    schemas = sorted(workdir.schemas.iterdir())
    for folder in (*folders.values(), unknown, strange):
        folder.mkdir(parents=True)
        (folder / "half").write_bytes(bytes(7))
    assert cluster.call(gc.command, "--keep", 1).exception is None
    assert [folder.exists() for folder in folders.values()] == [False, True]
    assert unknown.exists()
    assert strange.exists()
    # A cached definition of the pipeline may name any of them.
    assert sorted(workdir.schemas.iterdir()) == schemas


def test_a_root_that_the_metadata_do_not_know_is_told(cluster: Cluster) -> None:
    for command, *arguments in ((gc.command, "--keep", 1), (models.command, "rollback", 1)):
        (cluster.mine.workdir.models / "1").mkdir(exist_ok=True)
        done = cluster.call(command, *arguments)
        assert type(done.exception) is ConfigError
        assert str(done.exception) == (
            f"{cluster.mine.workdir.artifacts}: {cluster.database.where} knows of no run that has worked there. Is it "
            "the root that runs are given (pipeline_root), seen at the same path?"
        )


@pytest.mark.parametrize("command", [gc.command, models.command])
@pytest.mark.parametrize("given", ["--models=.", "--metadata=postgresql://x"])
def test_one_option_without_the_other(command: click.Command, given: str) -> None:
    done = CliRunner().invoke(command, [".", given, *(["--keep", "1"] if command is gc.command else [])])
    assert done.exit_code == 2
    assert "--models and --metadata go together" in done.output
