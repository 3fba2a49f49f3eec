"""Prism, Beam's runner of its own, and two worker pools of ours beside it: a small cluster on this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import forked
import pytest
from calls import free_port

from widedeep.pipeline.launcher.service_jobs import ServiceJobs

# Beam's pool, as the image starts it, but that its workers are forked where it is; it writes their numbers to a file.
_CODE = """
import subprocess, sys
from apache_beam.runners.worker import worker_pool_main
popen, (port, workers) = subprocess.Popen, sys.argv[1:]
def start(command, **more):
    process = popen([sys.executable, *command[1:]], **more)
    with open(workers, "a") as file:
        file.write(f"{process.pid}\\n")
    return process
subprocess.Popen = start
worker_pool_main.main(["worker_pool", f"--service_port={port}"])
"""
POOL = (sys.executable, "-c", _CODE)
INSTALL = "go install github.com/apache/beam/sdks/v2/go/cmd/prism@v2.77.0"


@dataclass(frozen=True)
class Pool:
    """A running pool of workers.

    Attributes:
        workers_file: numbers of the processes that it has started.
        options: of Beam, that send jobs to Prism and have their code run in this pool.
    """

    workers_file: Path
    options: tuple[str, ...]

    @property
    def setting(self) -> str:
        """Sends a pipeline's data steps there."""
        return f"beam.options=[{', '.join(self.options)}]"

    def workers(self) -> list[int]:
        """The processes of the pool that run a pipeline's code, as soon as they are connected with Prism."""
        deadline = time.monotonic() + 120
        while True:
            # Workers of jobs that were cancelled may be there still.
            if connected := [pid for pid in self.started() if _connected(pid)]:
                return connected
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def started(self) -> list[int]:
        """All processes that it has started."""
        return [int(pid) for pid in self.workers_file.read_text().split()]


@dataclass(frozen=True)
class Prism:
    """A running Prism: its jobs, and the two pools beside it."""

    jobs: ServiceJobs
    pool: Pool
    other_pool: Pool

    def job(self, name: str) -> str:
        """The job of a name, as soon as it runs."""
        deadline = time.monotonic() + 120
        while not (running := self.jobs.running(name)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        [job] = running
        return job


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 120
    while True:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _connected(pid: int) -> bool:
    with suppress(FileNotFoundError):
        return any(os.readlink(path).startswith("socket:") for path in Path(f"/proc/{pid}/fd").iterdir())
    return False


@contextmanager
def running(log: Path) -> Iterator[Prism]:
    """Prism and its pools for as long as the context is open."""
    program = shutil.which("prism", path=f"{os.environ['PATH']}:{Path.home() / 'go' / 'bin'}")
    if program is None:
        pytest.skip(f"needs Prism: {INSTALL}")
    port = free_port()
    with ExitStack() as stack:
        written = stack.enter_context(log.open("wb"))
        command = [program, f"-job_port={port}", "-serve_http=false"]
        prism = stack.enter_context(subprocess.Popen(command, stderr=written, stdout=written))
        stack.callback(prism.terminate)
        pools = [_pool(stack, log.with_name(name), port, written) for name in ("workers", "other-workers")]
        _wait_for(port)
        yield Prism(ServiceJobs(f"localhost:{port}"), *pools)


def _pool(stack: ExitStack, workers: Path, prism: int, written: BinaryIO) -> Pool:
    """A pool that answers: Prism panics where one does not."""
    workers.touch()
    port = free_port()
    pool = stack.enter_context(forked.Popen([*POOL, str(port), str(workers)], stderr=written, stdout=written))
    stack.callback(pool.terminate)
    _wait_for(port)
    options = (
        "--runner=PortableRunner",
        f"--job_endpoint=localhost:{prism}",
        "--environment_type=EXTERNAL",
        f"--environment_config=localhost:{port}",
    )
    return Pool(workers, options)
