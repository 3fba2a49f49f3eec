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

import pytest
from calls import free_port, plain
from harness import ROOT

from widedeep.pipeline.launcher.service_jobs import ServiceJobs

INSTALL = "go install github.com/apache/beam/sdks/v2/go/cmd/prism@v2.77.0"


@dataclass(frozen=True)
class Prism:
    """A running Prism.

    Attributes:
        jobs: those it knows.
        pool: the worker pool, whose children are the workers.
        options: of Beam, that send jobs there.
    """

    jobs: ServiceJobs
    pool: subprocess.Popen[bytes]
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
        threads = Path(f"/proc/{self.pool.pid}/task")
        while True:
            children = [int(pid) for path in threads.glob("*/children") for pid in path.read_text().split()]
            # Workers of jobs that were cancelled may be there still.
            if connected := [pid for pid in children if _connected(pid)]:
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
    port, pool_port = free_port(), free_port()
    here = {**plain(), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with (
        log.open("wb") as written,
        subprocess.Popen([program, f"-job_port={port}", "-serve_http=false"], stderr=written, stdout=written) as prism,
        subprocess.Popen(
            [ROOT / "tools" / "entrypoint", "--worker_pool", f"--service_port={pool_port}"],
            env=here,
            stderr=written,
            stdout=written,
        ) as pool,
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
            yield Prism(ServiceJobs(f"localhost:{port}"), pool, options)
        finally:
            pool.terminate()
            prism.terminate()
