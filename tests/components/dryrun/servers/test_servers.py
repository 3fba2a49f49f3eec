"""Which server a dry run takes, and what it says of one that does not come up."""

from __future__ import annotations

import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from tensorflow_serving.apis import get_model_status_pb2, model_service_pb2_grpc

from widedeep.components.dryrun.dry_run_options import DryRunOptions
from widedeep.components.dryrun.servers import programs
from widedeep.components.dryrun.servers import server as servers
from widedeep.components.dryrun.servers.programs import server_name
from widedeep.components.dryrun.servers.server import DryRunError, start_server


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_tensorflows_server_is_taken_where_it_is_on_the_path(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert server_name(DryRunOptions()) == "stand_in"
    program(tmp_path, "tensorflow_model_server", "exit 0")
    assert server_name(DryRunOptions()) == "tensorflow_model_server"
    assert server_name(DryRunOptions(server="docker")) == "docker"


def test_a_server_that_ends_says_its_last_words(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path, "tensorflow_model_server", 'echo "no such library"; echo "giving up" >&2; exit 7')
    options = DryRunOptions(server="tensorflow_model_server")
    with start_server(tmp_path / "models", options, tmp_path / "log") as server, pytest.raises(DryRunError) as caught:
        server.load_seconds()
    assert str(caught.value) == "the server ended with code 7: no such library / giving up"


def test_a_server_that_was_killed_says_by_what(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    program(tmp_path, "tensorflow_model_server", "kill -9 $$")
    options = DryRunOptions(server="tensorflow_model_server")
    with start_server(tmp_path / "models", options, tmp_path / "log") as server, pytest.raises(DryRunError) as caught:
        server.load_seconds()
    assert str(caught.value) == "the server was ended by SIGKILL (was memory short?): it printed nothing"


def test_a_server_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(DryRunError, match=r"^docker can't be started: No such file or directory$"),
        start_server(tmp_path, DryRunOptions(server="docker"), tmp_path / "log"),
    ):
        pass


def test_a_server_that_never_answers_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(programs, "server_command", lambda *_: [sys.executable, "-c", "import time; time.sleep(600)"])
    options = DryRunOptions(load_seconds=0.3)
    with start_server(tmp_path, options, tmp_path / "log") as server:
        process = server._process
        with pytest.raises(DryRunError) as caught:
            server.load_seconds()
    told = str(caught.value)
    assert told == "the model was not loaded within 0.3 s (dry_run.load_seconds): it printed nothing"
    assert process.poll() is not None


@pytest.fixture
def busy(monkeypatch):
    """The processors are others': of every second a thread of the server waits for 0.9."""
    started = time.monotonic()
    monkeypatch.setattr(servers, "waits", lambda pid: {"7": 0.9 * (time.monotonic() - started)})


def test_and_not_for_ever(tmp_path, monkeypatch, busy):
    monkeypatch.setattr(servers, "_PATIENCE", 4)
    monkeypatch.setattr(programs, "server_command", lambda *_: [sys.executable, "-c", "import time; time.sleep(600)"])
    options = DryRunOptions(load_seconds=0.4)
    with start_server(tmp_path, options, tmp_path / "log") as server, pytest.raises(DryRunError) as caught:
        server.load_seconds()
    told = r"the model was not loaded within 0\.4 s \(dry_run\.load_seconds\) and 1\.\d s of waiting for a processor: "
    assert re.match(told, str(caught.value))


class Loaded(model_service_pb2_grpc.ModelServiceServicer):
    """Says that a version is loaded, from some seconds after its start on."""

    def __init__(self, after=0.0):
        self._loaded = time.monotonic() + after

    def GetModelStatus(self, request, context):  # noqa: N802
        states = get_model_status_pb2.ModelVersionStatus.State
        state = states.AVAILABLE if time.monotonic() >= self._loaded else states.LOADING
        return get_model_status_pb2.GetModelStatusResponse(model_version_status=[{"version": 1, "state": state}])


@pytest.fixture
def answering(monkeypatch):
    """Has a service answer in place of the server that is started."""
    server = grpc.server(ThreadPoolExecutor(1))

    def answer(service):
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(service, server)

        def command(name, base, address, options):
            server.add_insecure_port(address)
            server.start()
            return [sys.executable, "-c", "import time; time.sleep(600)"]

        monkeypatch.setattr(programs, "server_command", command)

    yield answer
    server.stop(None)


# As tensorflow_model_server with these flags: at a port only if one is given, and on every interface then.
REAL = """
import stat, sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import grpc
from tensorflow_serving.apis import get_model_status_pb2, model_service_pb2_grpc
flags = dict(word.removeprefix("--").split("=", 1) for word in sys.argv[1:])
socket = Path(flags["grpc_socket_path"])
assert flags == {
    "port": "0", "grpc_socket_path": str(socket), "max_num_load_retries": "0",
    "model_name": "candidate", "model_base_path": flags["model_base_path"],
}, flags
# Nobody else comes to the socket.
assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
class Service(model_service_pb2_grpc.ModelServiceServicer):
    def GetModelStatus(self, request, context):
        version = {"version": 1, "state": "END" if Path(flags["model_base_path"], "broken").exists() else "AVAILABLE"}
        if version["state"] == "END":
            version["status"] = {"error_code": 15, "error_message": "corrupted record at 0"}
        return get_model_status_pb2.GetModelStatusResponse(model_version_status=[version])
server = grpc.server(ThreadPoolExecutor(1))
model_service_pb2_grpc.add_ModelServiceServicer_to_server(Service(), server)
assert server.add_insecure_port(f"unix:{socket}")
server.start()
time.sleep(600)
"""


@pytest.mark.parametrize("broken", [False, True])
def test_tensorflows_server_listens_on_a_socket_of_this_user_and_tries_a_model_once(tmp_path, monkeypatch, broken):
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (tmp_path / "real.py").write_text(REAL)
    program(tmp_path, "tensorflow_model_server", f'exec {sys.executable} {tmp_path / "real.py"} "$@"')
    (tmp_path / "models").mkdir()
    if broken:
        (tmp_path / "models" / "broken").touch()
    options = DryRunOptions(server="tensorflow_model_server", load_seconds=60)
    with start_server(tmp_path / "models", options, tmp_path / "log") as server:
        if broken:
            with pytest.raises(DryRunError, match=r"^the model can't be loaded: corrupted record at 0$"):
                server.load_seconds()
        else:
            assert 0 < server.load_seconds() <= 60, (tmp_path / "log").read_text()


def test_no_proxy_stands_between_the_dry_run_and_its_server(tmp_path, monkeypatch, answering):
    answering(Loaded())
    options = DryRunOptions(load_seconds=20)
    # A port on which nobody listens.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("no_grpc_proxy", raising=False)
    with start_server(tmp_path, options, tmp_path / "log") as started:
        assert started.load_seconds() <= options.load_seconds


def test_on_a_busy_machine_a_load_may_take_longer(tmp_path, busy, answering):
    answering(Loaded(after=2.0))
    with start_server(tmp_path, DryRunOptions(load_seconds=1.0), tmp_path / "log") as server:
        assert 0 < server.load_seconds() <= 1.0


def test_a_server_that_has_died_is_no_measure(tmp_path, answering):
    answering(Loaded())
    with start_server(tmp_path, DryRunOptions(), tmp_path / "log") as server:
        server.load_seconds()
        assert server.memory_mib() > 1
        server._process.kill()
        server._process.wait()
        with pytest.raises(DryRunError, match=r"^the server was ended by SIGKILL "):
            server.memory_mib()
