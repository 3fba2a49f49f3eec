"""Prism, Beam's runner of its own, and two worker pools of ours beside it: a small cluster on this machine."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import forked
import grpc
import pytest
from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc
from calls import free_port

from widedeep.pipeline.launcher.service_jobs import ServiceJobs

# Beam's pool, as the image starts it, but that its workers are forked where it is; it writes down whose they are.
_CODE = """
import re, subprocess, sys
from apache_beam.runners.worker import worker_pool_main
popen, (port, workers) = subprocess.Popen, sys.argv[1:]
def start(command, **more):
    process = popen([sys.executable, *command[1:]], **more)
    with open(workers, "a") as file:
        file.write(f"{process.pid} {re.search(r'job-[0-9]+', command[-1])[0]}\\n")
    return process
subprocess.Popen = start
worker_pool_main.main(["worker_pool", f"--service_port={port}"])
"""
POOL = (sys.executable, "-c", _CODE)
INSTALL = "go install github.com/apache/beam/sdks/v2/go/cmd/prism@v2.77.0"


@dataclass
class Pool:
    """A pool of workers.

    Attributes:
        port: where it listens.
        workers_file: the processes that it has started, and the job of each.
        log: for what it says.
        options: of Beam, that send jobs to Prism and have their code run in this pool.
        process: while it runs.
    """

    port: int
    workers_file: Path
    log: BinaryIO
    options: tuple[str, ...]
    process: forked.Popen | None = None

    @property
    def setting(self) -> str:
        """Sends a pipeline's data steps there."""
        return f"beam.options=[{', '.join(self.options)}]"

    def start(self) -> None:
        """Another one where there was one comes to its address, as a container that is started anew."""
        self.workers_file.write_text("")
        command = [*POOL, str(self.port), str(self.workers_file)]
        self.process = forked.Popen(command, stderr=self.log, stdout=self.log)
        # Prism panics where a pool does not answer.
        wait_for(self.port)

    def end(self) -> None:
        """Has it end, and with it its workers."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait()

    def kill(self, job: str) -> None:
        """Kills it and a job's worker at once, as where a machine is lost."""
        assert self.process is not None
        # The worker first falls silent: Prism hears it end for certain where it is not just about to send it more.
        held = self.hold(job)
        time.sleep(1)
        self.process.kill()
        # No other one: the numbers of processes that have ended may be others' by now.
        os.kill(held, signal.SIGKILL)
        self.process.wait()

    def hold(self, job: str) -> int:
        """Stops the process that is to run a job's code, as soon as it is connected with Prism: the job can't end."""
        deadline = time.monotonic() + 120
        while not (connected := [pid for pid in self.started(job) if _connected(pid)]):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(connected[0], signal.SIGSTOP)
        return connected[0]

    @staticmethod
    def let_go(worker: int) -> None:
        """Has a held process go on, as it must to end in good time; the pool may have ended it already."""
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGCONT)

    def started(self, job: str = "") -> list[int]:
        """All processes that it has started; those for a job."""
        started = [line.split() for line in self.workers_file.read_text().splitlines()]
        return [int(pid) for pid, of in started if job in ("", of)]


@dataclass(frozen=True)
class Prism:
    """A running Prism: its port, its jobs, the stub of its service, and the two pools beside it."""

    port: int
    jobs: ServiceJobs
    service: Any
    pool: Pool
    other_pool: Pool

    def job(self, name: str, but: str = "") -> str:
        """The job of a name, as soon as it runs; not the one that is known."""
        # One that is prepared and never run stays, and when it is cancelled, at CANCELLING for ever.
        job: str = self._once(
            lambda: next((job for job in self.jobs.running(name) if job != but and self.state(job) == "RUNNING"), None)
        )
        return job

    def state(self, job: str) -> str:
        """The state that a job is in."""
        request = beam_job_api_pb2.GetJobStateRequest(job_id=job)
        return str(beam_job_api_pb2.JobState.Enum.Name(self.service.GetState(request, timeout=20).state))

    def end_of(self, job: str) -> str:
        """The state that a job ends in: to be told to end is not enough."""
        state: str = self._once(lambda: self.state(job) in ("DONE", "FAILED", "CANCELLED") and self.state(job))
        return state

    def wait_for_work(self, job: str) -> None:
        """Returns as soon as a part of the job is done: its worker is there, and has taken up its work."""
        request = beam_job_api_pb2.GetJobMetricsRequest(job_id=job)
        self._once(lambda: self.service.GetJobMetrics(request, timeout=20).metrics.committed)

    @staticmethod
    def _once(found: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 120
        while not (what := found()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return what


def wait_for(port: int) -> None:
    """Returns as soon as something listens there."""
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
        pools = [_pool(log.with_name(name), port, written) for name in ("workers", "other-workers")]
        for pool in pools:
            pool.start()
            stack.callback(pool.end)
        wait_for(port)
        channel = stack.enter_context(grpc.insecure_channel(f"localhost:{port}"))
        service = beam_job_api_pb2_grpc.JobServiceStub(channel)
        yield Prism(port, ServiceJobs(f"localhost:{port}"), service, *pools)


def _pool(workers: Path, prism: int, log: BinaryIO) -> Pool:
    port = free_port()
    return Pool(port, workers, log, options(prism, port))


def options(prism: int, pool: int) -> tuple[str, ...]:
    """Beam's, by the ports of a Prism and of a pool."""
    return (
        "--runner=PortableRunner",
        f"--job_endpoint=localhost:{prism}",
        "--environment_type=EXTERNAL",
        f"--environment_config=localhost:{pool}",
        # Rarely, Prism says nothing of a worker that was killed, and its job goes on for ever.
        "--job_server_timeout=60",
    )
