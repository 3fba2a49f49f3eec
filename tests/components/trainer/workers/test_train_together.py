"""Several processes train the model that one does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.components.trainer.workers import counted_bytes
from tests.components.trainer.workers.training_scene import (
    ONE,
    TOGETHER,
    TWO,
    assert_alike,
    served,
    trained,
    workers,
)
from widedeep.components.trainer.run import run_fn
from widedeep.components.trainer.workers import local_processes

pytestmark = pytest.mark.usefixtures("forked_commands")
ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def one(prepared: Any, files: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training in one process, on batches as large as those of two workers."""
    folder = tmp_path_factory.mktemp("one")
    run_fn(prepared.fn_args(folder, train_files=files, training=ONE))
    return folder


def assert_serve_alike(folder: Path, other: Path, prepared: Any) -> None:
    scores, others = (served(path, prepared) for path in (folder, other))
    np.testing.assert_allclose(scores, others, atol=1e-4)
    assert np.ptp(scores) > 0.1


def test_two_workers_with_files_of_their_own_train_what_one_process_does(prepared: Any, one: Path, two: Path) -> None:
    assert_alike(trained(two), trained(one))
    assert [row["examples"] for row in trained(two)[0]["curve"]] == [600] * 6
    assert json.loads((two / "reports.json").read_text())[-1]["step"] == 60
    assert trained(two)[0]["wide"] == trained(one)[0]["wide"]
    assert_serve_alike(two, one, prepared)
    # No process is left, and no folder of an unfinished training.
    assert workers(two) == {}
    assert list((two / "unfinished").glob("*")) == []


def test_three_workers_with_files_of_their_own_serve_what_one_process_does(
    prepared: Any, files: list[str], two: Path, tmp_path: Path
) -> None:
    """From an earlier model, with negatives that an epoch leaves out."""
    given = {"base_model": str(two / "serving"), "train_files": files}
    training = {**TOGETHER, "epochs": 3, "keep_negatives": 0.5}
    three = {**training, "workers": 3, "batch_size": 25}
    run_fn(prepared.fn_args(tmp_path / "three", **given, training=three))
    run_fn(prepared.fn_args(tmp_path / "one", **given, training={**training, "batch_size": 75}))
    shared, alone = trained(tmp_path / "three"), trained(tmp_path / "one")
    assert_alike(shared, alone)
    assert shared[0]["wide"] == alone[0]["wide"]
    assert shared[0]["base"] == alone[0]["base"]
    assert shared[0]["base"]["model"] == str(two / "serving")
    assert_serve_alike(tmp_path / "three", tmp_path / "one", prepared)


def test_two_workers_that_share_the_rows_of_one_file_stop_early_at_the_best_epoch(
    prepared: Any, tmp_path: Path
) -> None:
    # Layers that learn too fast: what comes after the second epoch is worse.
    training = {**TOGETHER, "epochs": 9, "patience": 2, "deep": {"hidden": [16, 8], "learning_rate": 0.1}}
    run_fn(prepared.fn_args(tmp_path / "two", training={**training, "workers": 2, "batch_size": 32}))
    run_fn(prepared.fn_args(tmp_path / "one", training={**training, "batch_size": 64}))
    stopped = trained(tmp_path / "two")
    curve = stopped[0]["curve"]
    best = max(curve, key=lambda row: row["auc"] - row["logloss"])
    assert best["epoch"] == len(curve) - 2 < 9 - 2
    assert [row["epoch"] for row in curve if row["kept"]] == [best["epoch"]]
    assert_alike(stopped, trained(tmp_path / "one"))
    # The same without any stop: the model is really that epoch's.
    unstopped = {**training, "patience": None, "epochs": best["epoch"], "batch_size": 64}
    run_fn(prepared.fn_args(tmp_path / "short", training=unstopped))
    for ours, theirs in zip(stopped[1], trained(tmp_path / "short")[1], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


def test_two_workers_with_two_devices_each_train_what_one_process_does(
    prepared: Any, files: list[str], one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_processes, "_MODULE", "tests.components.trainer.workers.two_devices")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("DEVICES_SEEN", str(tmp_path / "devices"))
    run_fn(prepared.fn_args(tmp_path, train_files=files, training={**TWO, "distribute": "mirrored"}))
    assert [path.read_text() for path in tmp_path.glob("devices-*")] == ["2", "2"]
    assert_alike(trained(tmp_path), trained(one))


def test_workers_exchange_bytes_as_rows_are_used_and_not_as_tables_are_large(
    prepared: Any, files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter, ports = counted_bytes.Counter(), local_processes._free_ports(2)
    monkeypatch.setattr(local_processes, "_free_ports", lambda _: ports)
    monkeypatch.setattr(local_processes, "_MODULE", counted_bytes.__name__)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv(counted_bytes.VARIABLE, json.dumps([counter.port_to(port) for port in ports]))
    crosses = tuple(cross.model_copy(update={"buckets": 1_000_000}) for cross in prepared.spec.crosses)
    spec = prepared.spec.model_copy(update={"crosses": crosses})
    run_fn(prepared.fn_args(tmp_path, train_files=files, spec=spec, training={**TWO, "epochs": 2}))
    record, steps = trained(tmp_path)[0], 20
    wide, layer = 4 * record["wide"]["rows"], 4 * 16 * 8
    assert (record["curve"][-1]["step"], wide > 8_000_000) == (steps, True)
    # All of it is less than one gradient of the whole table, and more than those of the second layer.
    assert steps * 2 * layer < counter.bytes < wide / 5
