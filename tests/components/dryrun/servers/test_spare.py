"""A stand-in that waits for its model: it serves what it is told to, once, and leaves nothing behind."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from tensorflow_serving.apis import get_model_status_pb2, model_service_pb2_grpc

from widedeep.components.dryrun.dry_run_options import DryRunOptions
from widedeep.components.dryrun.servers import programs, spare
from widedeep.components.dryrun.servers.server import start_server


@pytest.fixture(autouse=True)
def none_left() -> Iterator[None]:
    yield
    spare.end()


def test_the_dry_run_takes_the_one_that_waits(tmp_path: Path) -> None:
    spare.start()
    [waiting] = spare._waiting
    options = DryRunOptions(server="stand_in")
    with start_server(tmp_path, options, tmp_path / "log") as server:
        assert server._process is waiting
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = programs.NAME
        stub = model_service_pb2_grpc.ModelServiceStub(server.channel)
        # It serves what it was told to: an empty folder.
        with pytest.raises(grpc.RpcError, match="Could not find any versions of model candidate"):
            stub.GetModelStatus(request, timeout=60, wait_for_ready=True)
    assert waiting.returncode == 0
    assert "A stand-in for TF Serving" in (tmp_path / "log").read_text()
    # It was taken.
    assert spare.take(["serve"], tmp_path / "log") is None


def test_one_that_has_ended_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spare, "_MODULE", "this")
    spare.start()
    spare._waiting[0].wait()
    assert spare.take(["serve"], tmp_path / "log") is None


def test_one_that_nobody_takes_is_ended(tmp_path: Path) -> None:
    spare.start()
    [waiting] = spare._waiting
    spare.end()
    assert waiting.returncode is not None
    assert spare.take(["serve"], tmp_path / "log") is None


def test_one_whose_run_is_gone_ends_by_itself() -> None:
    spare.start()
    [waiting] = spare._waiting
    assert waiting.stdin is not None
    waiting.stdin.close()
    assert waiting.wait(60) == 0


def test_another_server_is_not_taken_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spare.start()
    monkeypatch.setattr(programs, "server_command", lambda *_: [sys.executable, "-c", "import time; time.sleep(60)"])
    options = DryRunOptions(server="tensorflow_model_server")
    with start_server(tmp_path, options, tmp_path / "log") as server:
        assert server._process is not spare._waiting[0]


def test_without_room_for_another_process_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    spare.start()
    assert not spare._waiting
    assert "No server could be started ahead of the dry run" in caplog.text
