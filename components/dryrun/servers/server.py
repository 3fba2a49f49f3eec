"""A server as a process of its own while the candidate is tried on it: whether it is loaded, lives, what it needs."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import grpc
from tensorflow_serving.apis import get_model_status_pb2, model_service_pb2_grpc

from widedeep.components.dryrun.dry_run_options import DryRunOptions
from widedeep.components.dryrun.servers import programs, spare
from widedeep.components.dryrun.servers.processor_waits import Waits, longest_wait, waits
from widedeep.components.dryrun.servers.server_log import ending, server_error

_STOP_SECONDS = 20.0
_TRY_SECONDS = 0.1
_CHANNEL = [
    # gRPC connects anew only after a pause that grows to minutes: it would notice a server seconds after it is ready.
    *((f"grpc.{which}_reconnect_backoff_ms", round(1000 * _TRY_SECONDS)) for which in ("initial", "min", "max")),
    # The server is on this machine, whatever proxy leads out of it.
    ("grpc.enable_http_proxy", 0),
]
# On a busy machine a load may take so many times the seconds that it is allowed, most of them waiting for a processor.
_PATIENCE = 10


class DryRunError(Exception):
    """The candidate could not be served on this machine at this time; the message says why."""


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
    _log: Path
    _loaded: Future[float]

    def load_seconds(self) -> float:
        """Waits until the model is loaded, and says how long that took from the start of the server.

        Where that is more than is allowed, it is without the time in which other programs had the processors.

        Raises:
            DryRunError: it could not be loaded, or not in time.
        """
        return self._loaded.result()

    def waits(self) -> Waits:
        """How long its threads have waited for a processor; empty where its process is not ours to look at."""
        return {} if self.name == "docker" else waits(self._process.pid)

    def check_alive(self) -> None:
        """Raises DryRunError where the process has ended."""
        _check_alive(self._process, self._log)

    def memory_mib(self) -> float | None:
        """The most that the server held so far; None where its process is not ours to look at."""
        if self.name == "docker":
            return None
        self.check_alive()
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
        return int(kib) / 1024


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
    name = programs.server_name(options)
    with programs.listening_address(name) as address:
        process = _start(name, programs.server_command(name, base, address, options), log)
        connecting = grpc.insecure_channel(address, _CHANNEL)
        with connecting as channel, ThreadPoolExecutor(1) as waiting, _termination(process):
            loaded = waiting.submit(_load_seconds, channel, process, options, log)
            yield Server(name, channel, process, log, loaded)


def _start(name: str, command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        if name == programs.STAND_IN and (ready := spare.take(programs.arguments(command), log)):
            return ready
        try:
            return subprocess.Popen(command, stdout=output, stderr=output)
        except OSError as error:
            raise DryRunError(f"{name} can't be started: {error.strerror}") from error


def _load_seconds(channel: grpc.Channel, process: subprocess.Popen[bytes], options: DryRunOptions, log: Path) -> float:
    """See `Server.load_seconds`. The process of `docker` is its client, which waits for nothing."""
    limit = options.load_seconds
    stub = model_service_pb2_grpc.ModelServiceStub(channel)
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = programs.NAME
    started = time.monotonic()
    while True:
        _check_alive(process, log)
        with suppress(grpc.RpcError):
            versions = stub.GetModelStatus(request, timeout=5).model_version_status
            states = {
                get_model_status_pb2.ModelVersionStatus.State.Name(version.state): version for version in versions
            }
            if "AVAILABLE" in states:
                seconds = time.monotonic() - started
                return seconds if seconds <= limit else seconds - longest_wait({}, waits(process.pid))
            if "END" in states:
                raise DryRunError(f"the model can't be loaded: {states['END'].status.error_message}")
        seconds = time.monotonic() - started
        if seconds > limit:
            waited = longest_wait({}, waits(process.pid))
            if seconds - waited > limit or seconds > _PATIENCE * limit:
                busy = f" and {waited:.1f} s of waiting for a processor" if waited >= 1 else ""
                raise DryRunError(
                    f"the model was not loaded within {limit:g} s (dry_run.load_seconds){busy}: "
                    f"{server_error(log, running=True)}"
                )
        time.sleep(_TRY_SECONDS)


def _check_alive(process: subprocess.Popen[bytes], log: Path) -> None:
    if process.poll() is not None:
        raise DryRunError(f"the server {ending(process.returncode)}: {server_error(log)}")


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
