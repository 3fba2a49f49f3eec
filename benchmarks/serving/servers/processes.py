"""The processes of benchmarks/serving/suite.py: servers, and clients that are told what to do line by line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.harness import subprocesses
from widedeep.components.common.errors import WideDeepError

# The model's name in requests.
NAME = "movielens"
_READY = re.compile(r"ready: gRPC (\S+:\d+)(?:, REST http://(\S+:\d+))?")
_START_SECONDS = 120.0
_STOP_SECONDS = 20.0
_TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A started server; `target` is HOST:PORT of gRPC, `rest` of REST, where it has one."""

    def __init__(self, module: str, *arguments: object, log: Path) -> None:
        """Starts `python -m module arguments`, and returns when it says that it is ready.

        Raises:
            WideDeepError: it ended, or took too long; the message holds what it said.
        """
        self._log = log
        self.process = subprocesses.start(module, *arguments, log=log)
        deadline = time.monotonic() + _START_SECONDS
        while not (ready := _READY.search(log.read_text(errors="replace"))):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise WideDeepError(f"{module} did not start:\n{log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.05)
        self.target, self.rest = ready[1], ready[2]

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def cpu_seconds(self) -> float:
        """Of the process so far, in all its threads, to the kernel's 10 ms."""
        return cpu_seconds(Path(f"/proc/{self.process.pid}/stat").read_text())

    def batches(self) -> tuple[float, float]:
        """How many batches were run so far, and of how many rows in all."""
        page = httpx.get(f"http://{self.rest}/monitoring/prometheus/metrics", trust_env=False).text
        name = ":tensorflow:serving:batching_session:processed_batch_size"
        count, rows = (re.search(rf"^{name}_{part} (\S+)$", page, re.MULTILINE) for part in ("count", "sum"))
        return (float(count[1]), float(rows[1])) if count and rows else (0.0, 0.0)

    def stop(self) -> None:
        """Ends it: with a signal first, without mercy after a while."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def cpu_seconds(stat: str) -> float:
    """User's and system's time in /proc/PID/stat."""
    # The second field is the program's name, which may hold anything.
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def serving(base: Path, log: Path, *flags: object) -> Iterator[Server]:
    """The stand-in over a folder of versions, as `widedeep serve` starts it, on free ports."""
    ports = ("--port", 0, "--rest-port", 0)
    served = Server("widedeep.pipeline.cli", "serve", base, "--name", NAME, *ports, *flags, log=log)
    try:
        yield served
    finally:
        served.stop()


class Worker:
    """A client in a process of its own: a command a line in, an answer a line out, both in JSON."""

    def __init__(self, module: str, *arguments: object, log: Path) -> None:
        self._log = log
        command = [sys.executable, "-m", module, *map(str, arguments)]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, cwd=subprocesses.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output
            )

    def tell(self, **command: Any) -> None:
        """Gives it a command."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """What it says to the oldest command that it has not answered yet.

        Raises:
            WideDeepError: it ended instead.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise WideDeepError(f"{self._process.args!r} ended:\n{self._log.read_text(errors='replace')[-3000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
