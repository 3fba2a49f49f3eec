"""Prism, Beam's runner of its own, and a worker pool of ours beside it: a small cluster on this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

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
class Prism:
    """A running Prism.

    Attributes:
        jobs: those it knows.
        workers_file: numbers of the processes that the worker pool has started.
        options: of Beam, that send jobs there.
    """

    jobs: ServiceJobs
    workers_file: Path
    options: tuple[str, ...]

    @property
    def setting(self) -> str:
        """Sends a pipeline's data steps there."""
        return f"beam.options=[{', '.join(self.options)}]"

    def job(self, name: str) -> str:
        """The job of a name, as soon as it runs."""
        deadline = time.monotonic() + 120
        while not (running := self.jobs.running(name)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        [job] = running
        return job

    def workers(self) -> list[int]:
        """The processes of the pool that run a pipeline's code, as soon as they are connected with Prism."""
        deadline = time.monotonic() + 120
        while True:
            started = map(int, self.workers_file.read_text().split())
            # Workers of jobs that were cancelled may be there still.
            if connected := [pid for pid in started if _connected(pid)]:
                return connected
            assert time.monotonic() < deadline
            time.sleep(0.05)


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
    """Prism and a pool for as long as the context is open."""
    program = shutil.which("prism", path=f"{os.environ['PATH']}:{Path.home() / 'go' / 'bin'}")
    if program is None:
        pytest.skip(f"needs Prism: {INSTALL}")
    port, pool_port, workers = free_port(), free_port(), log.with_name("workers")
    workers.touch()
    with (
        log.open("wb") as written,
        subprocess.Popen([program, f"-job_port={port}", "-serve_http=false"], stderr=written, stdout=written) as prism,
        forked.Popen([*POOL, str(pool_port), str(workers)], stderr=written, stdout=written) as pool,
    ):
        options = (
            "--runner=PortableRunner",
            f"--job_endpoint=localhost:{port}",
            "--environment_type=EXTERNAL",
            f"--environment_config=localhost:{pool_port}",
        )
        try:
            # Prism panics where a pool does not answer.
            for each in (port, pool_port):
                _wait_for(each)
            yield Prism(ServiceJobs(f"localhost:{port}"), workers, options)
        finally:
            pool.terminate()
            prism.terminate()
