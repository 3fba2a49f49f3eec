"""What a result says of the machine that it came from: nothing that names the machine or a place on it."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

from benchmarks.harness.subprocesses import ROOT
from widedeep.components.common.settings import Strict

_KIB_IN_GIB = 1 << 20


class Machine(Strict):
    """What numbers depend on; None where it was not written down.

    Attributes:
        cpu: its model, as the kernel names it.
        cores: that a process may use.
        memory_gib: of the machine.
        os: the distribution with its version.
        python: version.
        tensorflow: version.
    """

    cpu: str | None
    cores: int | None
    memory_gib: float | None
    os: str | None
    python: str | None
    tensorflow: str | None


def this_machine() -> Machine:
    """The machine and the environment of this process."""
    kib = int(_field("/proc/meminfo", "MemTotal").split()[0])
    return Machine(
        cpu=_field("/proc/cpuinfo", "model name"),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(kib / _KIB_IN_GIB, 1),
        os=platform.freedesktop_os_release()["PRETTY_NAME"],
        python=platform.python_version(),
        tensorflow=metadata.version("tensorflow"),
    )


def _field(file: str, name: str) -> str:
    """The first value of that name in a file of `name: value` lines."""
    lines = (line.partition(":") for line in Path(file).read_text().splitlines())
    return next(value.strip() for key, _, value in lines if key.strip() == name)


def commit(root: Path = ROOT) -> str | None:
    """The short name of the checkout's commit, "+" behind it where files differ from it; None outside of git.

    Kept results are no difference: a benchmark may follow another.
    """
    try:
        head = _git(root, "rev-parse", "--short=10", "HEAD")
        changed = _git(root, "status", "--porcelain", "--", ".", ":!benchmarks/results")
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{head}+" if changed else head


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
