"""The compiled pipeline in KFP's local runner: each step in a container of the image, called as KFP calls it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import docker
import httpx
import pytest
from docker.types import Mount
from harness import LOOSE, ROOT, Slice, score
from image_harness import IMAGE, STEP, connected, ran, same, shared, started
from kfp import components, local
from kfp.local.config import LocalExecutionConfig
from kubeflow_harness import Cluster

# It reads the metadata anew in each run.
RESOLVER = "LatestBlessedModel"


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    with connected() as connection:
        yield connection


@contextmanager
def served(engine: docker.DockerClient, models: Path) -> Iterator[str]:
    """The REST address of the image's stand-in for TF Serving."""
    mounts = [Mount("/models", str(models), type="bind", read_only=True)]
    command = ["serve", "/models", "--name=movielens", "--port=0", "--rest-port=0"]
    with started(engine, *command, network_mode="host", mounts=mounts) as server:
        said = ""
        with closing(server.logs(stream=True, stderr=False)) as chunks:
            while not said.endswith("\n"):
                said += next(chunks).decode()
        # ready: gRPC 127.0.0.1:1, REST http://127.0.0.1:2, model movielens version 1
        yield said.replace(",", " ").split()[4]


def runs(cluster: Cluster) -> set[str]:
    return {context.name for context in cluster.store().get_contexts_by_type("pipeline_run")}


def test_kfps_docker_runner_runs_the_compiled_pipeline(
    engine: docker.DockerClient, movielens: Slice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Settings and features are the image's own, as in a cluster.
    cluster = Cluster(
        shared(tmp_path / "cluster"), Slice(ROOT / "schema" / "movielens" / "pipeline.yaml", movielens.data)
    )
    cluster.compile(f"kubeflow.image={IMAGE}", "kubeflow.pipeline=null", LOOSE)
    # It would be mine, and containers could only read it.
    (cluster.folder / "metadata.sqlite").touch()
    (cluster.folder / "metadata.sqlite").chmod(0o666)
    pages = shared(cluster.folder / "pages")
    monkeypatch.setattr(LocalExecutionConfig, "instance", None)
    mounts = [same(cluster.folder), same(movielens.data, read_only=True)]
    local.init(local.DockerRunner(mounts=mounts, **STEP), pipeline_root=str(pages), raise_on_error=False)
    pipeline = components.load_component_from_file(str(cluster.compiled.file))

    def run(**parameters: Any) -> dict[str, str]:
        """Runs all tasks. The runner calls failed containers successful at times: what happened says the metadata."""
        before = runs(cluster)
        pipeline(epochs=1, **parameters)
        new = runs(cluster) - before
        assert len(new) <= 1
        return cluster.states(new.pop()) if new else {}

    nodes = set(cluster.compiled.tasks.values())
    assert run(data_path=str(movielens.data)) == dict.fromkeys(nodes, "COMPLETE")
    models = cluster.folder / "models" / "movielens"
    assert [path.name for path in models.iterdir()] == ["1"]
    summaries = [path.read_text() for path in pages.rglob("summary")]
    assert {text.partition("\n")[0].removeprefix("# ") for text in summaries} == nodes
    [report] = pages.rglob("report")
    assert "Pushed version 1" in report.read_text()

    row: dict[str, list[Any]] = {"user_id": ["1"], "movie_id": ["50"], "age": [24.0]}
    with served(engine, models) as rest:
        asked = {"signature_name": "classify", "examples": [{key: value[0] for key, value in row.items()}]}
        answer = httpx.post(f"{rest}/v1/models/movielens:classify", json=asked, timeout=60).raise_for_status()
    [classes] = answer.json()["results"]
    # The same as TensorFlow outside of the image.
    assert [dict(classes)["1"]] == pytest.approx(score(str(models / "1"), [row]), abs=1e-6)

    again = run(data_path=str(movielens.data))
    assert set(again) == nodes
    assert {node for node, state in again.items() if state != "CACHED"} == {RESOLVER}
    assert [path.name for path in models.iterdir()] == ["1"]

    # Whatever the runner says: nothing that takes the data ended well.
    assert set(run(data_path="/nowhere")) <= {"ImportSchemaGen", RESOLVER}
    failed = cluster.command("ExampleGen", "r4", data_path="/nowhere")
    code, _, err = ran(engine, "python", *failed[1:], mounts=mounts)
    assert code == 2
    assert "Error: /nowhere/train/*: " in err
