"""The servers that a dry run can start, each as a process of its own that no other machine can reach."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import grpc
from tensorflow_serving.apis import get_model_status_pb2, model_service_pb2_grpc

from widedeep.components.dryrun.dry_run_options import DryRunOptions

NAME = "candidate"
_STOP_SECONDS = 20.0
_TRY_SECONDS = 0.1
_CHANNEL = [
    # gRPC connects anew only after a pause that grows to minutes: it would notice a server seconds after it is ready.
    *((f"grpc.{which}_reconnect_backoff_ms", round(1000 * _TRY_SECONDS)) for which in ("initial", "min", "max")),
    # The server is on this machine, whatever proxy leads out of it.
    ("grpc.enable_http_proxy", 0),
]
_LAST_LINES = 5


class DryRunError(Exception):
    """The candidate can't be served; the message says why."""


@dataclass(frozen=True)
class Server:
    """A server that was started.

    Attributes:
        name: which.
        channel: to it.
    """

    name: str
    channel: grpc.Channel
    _process: subprocess.Popen[bytes]
    _loaded: Future[float]

    def load_seconds(self) -> float:
        """Waits until the model is loaded, and says how long that took from the start of the process.

        Raises:
            DryRunError: it could not be loaded, or not in time.
        """
        return self._loaded.result()

    def memory_mib(self) -> float | None:
        """The most that the server held so far; None where its process is not ours to look at."""
        if self.name == "docker":
            return None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
        return int(kib) / 1024


def server_name(options: DryRunOptions) -> str:
    """The server that `auto` stands for here."""
    if options.server != "auto":
        return options.server
    return "tensorflow_model_server" if shutil.which("tensorflow_model_server") else "stand_in"


@contextmanager
def start_server(base: Path, options: DryRunOptions, log: Path) -> Iterator[Server]:
    """Serves the versions under `base` while the context lasts; they are being loaded when it is entered.

    Args:
        base: the folder of versions.
        options: which server, and its limits.
        log: gets what the server prints.

    Raises:
        DryRunError: it could not be started.
    """
    name = server_name(options)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(_command(name, base, port, options), stdout=output, stderr=output)
        except OSError as error:
            raise DryRunError(f"{name} can't be started: {error.strerror}") from error
    connecting = grpc.insecure_channel(f"127.0.0.1:{port}", _CHANNEL)
    with connecting as channel, ThreadPoolExecutor(1) as waiting, _termination(process):
        loaded = waiting.submit(_load_seconds, channel, process, options, log)
        yield Server(name, channel, process, loaded)


def _command(server: str, base: Path, port: int, options: DryRunOptions) -> list[str]:
    if server == "tensorflow_model_server":
        return [server, f"--port={port}", f"--model_name={NAME}", f"--model_base_path={base}"]
    if server == "docker":
        published = ["--publish", f"127.0.0.1:{port}:8500"]
        mounted = ["--mount", f"type=bind,source={base},target=/models/{NAME},readonly"]
        name = f"widedeep-dry-run-{uuid.uuid4().hex[:8]}"
        return [
            "docker",
            "run",
            "--rm",
            "--name",
            name,
            *published,
            *mounted,
            "-e",
            f"MODEL_NAME={NAME}",
            options.image,
        ]
    ports = ["--port", str(port), "--rest-port", "0"]
    return [sys.executable, "-m", "widedeep.pipeline.cli", "serve", str(base), "--name", NAME, *ports]


def _load_seconds(channel: grpc.Channel, process: subprocess.Popen[bytes], options: DryRunOptions, log: Path) -> float:
    """Seconds until the model was loaded."""
    limit = options.load_seconds
    stub = model_service_pb2_grpc.ModelServiceStub(channel)
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = NAME
    started = time.monotonic()
    while True:
        if process.poll() is not None:
            raise DryRunError(f"the server ended with code {process.returncode}: {_tail(log)}")
        with suppress(grpc.RpcError):
            versions = stub.GetModelStatus(request, timeout=5).model_version_status
            states = {
                get_model_status_pb2.ModelVersionStatus.State.Name(version.state): version for version in versions
            }
            if "AVAILABLE" in states:
                return time.monotonic() - started
            if "END" in states:
                raise DryRunError(f"the model can't be loaded: {states['END'].status.error_message}")
        if time.monotonic() - started > limit:
            raise DryRunError(f"the model was not loaded within {limit:g} s: {_tail(log)}")
        time.sleep(_TRY_SECONDS)


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return " / ".join(lines[-_LAST_LINES:]) or "it printed nothing"


@contextmanager
def _termination(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
