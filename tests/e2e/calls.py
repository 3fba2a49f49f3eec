"""The command line as a person calls it."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import forked
from forked import WIDEDEEP
from harness import Slice


def arguments(slice_: Slice, workdir: Path, *settings: str) -> list[str]:
    """Of `widedeep`, for a run."""
    flags = [flag for setting in settings for flag in ("--set", setting)]
    return ["run", str(slice_.pipeline), "--workdir", str(workdir), *flags]


def called(*words: object, installed: bool = False) -> subprocess.CompletedProcess[str]:
    """A command of `widedeep` that has ended; as `installed`, in an interpreter of its own."""
    popen, pipe = subprocess.Popen if installed else forked.Popen, subprocess.PIPE
    with popen([WIDEDEEP, *map(str, words)], stdout=pipe, stderr=pipe, text=True, env=plain()) as process:
        try:
            out, err = process.communicate(timeout=600)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def free_port() -> int:
    """A port that nothing listens at, outside of Linux's range for whoever asks for any."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as tried, suppress(OSError):
            tried.bind(("127.0.0.1", port))
            return port


def plain() -> dict[str, str]:
    """The environment without what would colour or widen the output."""
    return {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "COLUMNS")}


@dataclass(frozen=True)
class Started:
    """A run that goes on."""

    process: subprocess.Popen[str]

    def wait_for(self, start: str) -> str:
        """Reads the progress until a line starts so; returns the line."""
        assert self.process.stderr is not None
        deadline = time.monotonic() + 300
        for line in self.process.stderr:
            if line.startswith(start):
                return str(line)
            assert time.monotonic() < deadline
        raise AssertionError(f"the run ended before {start!r}")


@contextmanager
def started(slice_: Slice, workdir: Path, *settings: str, installed: bool = False) -> Iterator[Started]:
    """A run, which the test ends; as `installed`, its processes are children of those that start them."""
    popen, pipe = subprocess.Popen if installed else forked.Popen, subprocess.PIPE
    words = [WIDEDEEP, *arguments(slice_, workdir, *settings)]
    with popen(words, stdout=pipe, stderr=pipe, text=True, env=plain()) as process:
        try:
            yield Started(process)
        except BaseException:
            process.kill()
            raise
