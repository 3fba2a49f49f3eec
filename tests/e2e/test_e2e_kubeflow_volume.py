"""A volume without room, and two runs at once."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import database_trouble
import pytest
from database_servers import SECRET, Server, in_turn
from harness import LOOSE, Slice
from kubeflow_harness import Cluster

from widedeep.components.metadata.executions import state

_BYTES = 64 << 20


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 64 MiB, where the cluster has its artifacts."""
    folder = tmp_path / "cluster" / "root"
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_BYTES}", "tmpfs", str(folder)]
    if os.getuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def filled(folder: Path) -> Path:
    """Leaves no room in a file system; the file that takes it."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file:
        while free := shutil.disk_usage(folder).free:
            file.write(bytes(free))
    return path


def test_a_full_volume_fails_the_step_and_with_room_again_it_does_its_work(
    taxi: Slice, tmp_path: Path, volume: Path
) -> None:
    cluster = Cluster(tmp_path / "cluster", taxi)
    cluster.compile()
    assert cluster.step("ExampleGen", "r1").returncode == 0
    before = {path: path.read_bytes() for path in volume.rglob("*.gz")}
    assert before
    filler = filled(volume)
    full = cluster.step("StatisticsGen", "r1")
    assert full.returncode == 1
    assert "No space left on device" in full.stderr
    assert [state(attempt) for attempt in cluster.node("StatisticsGen", "r1").executions(cluster.store())] == ["FAILED"]
    filler.unlink()
    assert cluster.step("StatisticsGen", "r1").returncode == 0
    assert cluster.states("r1") == {"ExampleGen": "COMPLETE", "StatisticsGen": "COMPLETE"}
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("database", in_turn("mariadb"))
def test_two_whole_runs_at_once_take_turns_and_both_end_well(
    taxi: Slice, tmp_path: Path, server: Server | None
) -> None:
    cluster = Cluster(tmp_path / "cluster", taxi, server.address if server else "", SECRET)
    cluster.compile("training.epochs=1", LOOSE)
    if server:
        database_trouble.refused(cluster, "ExampleGen")
        assert cluster.step("ExampleGen", "r1").returncode == 0
        database_trouble.lost_and_back(cluster, server, "StatisticsGen", "r1")
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(cluster.run, ("r1", "r2")))
    # Each does the work of a step, or finds it done.
    for states in runs:
        assert set(states) == set(cluster.compiled.tasks.values())
    for node in ("ExampleGen", "Transform", "Trainer"):
        assert sorted(states[node] for states in runs) == ["CACHED", "COMPLETE"]
        first, second = (
            {key: artifact.id for key, artifact in cluster.outputs(node, run).items()} for run in ("r1", "r2")
        )
        assert first
        assert first == second
    versions = sorted(path.name for path in (cluster.folder / "models" / "taxi").iterdir())
    assert versions[0] == "1"
    assert all((cluster.folder / "models" / "taxi" / version / "saved_model.pb").is_file() for version in versions)
