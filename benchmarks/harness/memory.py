"""Peak memory of a process and all its children, read from /proc while it runs."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

_SECONDS = 0.1
_KIB = 1024


def peak(process: subprocess.Popen[bytes]) -> int:
    """Waits for the end of the process; returns the largest sum of resident bytes seen, ten times a second.

    A page that several processes share is counted in each.
    """
    largest = 0
    while process.poll() is None:
        largest = max(largest, resident(process.pid))
        time.sleep(_SECONDS)
    return largest


def resident(pid: int, proc: Path = Path("/proc")) -> int:
    """Resident bytes of a process and its children; 0 of those that have ended meanwhile."""
    return _sum("VmRSS", pid, proc)


def anonymous(pid: int, proc: Path = Path("/proc")) -> int:
    """The same without pages of files, as of libraries, which the system drops and reads again as it sees fit."""
    return _sum("RssAnon", pid, proc)


def _sum(kind: str, pid: int, proc: Path) -> int:
    folder = proc / str(pid)
    try:
        status = (folder / "status").read_text()
        children = [child for file in folder.glob("task/*/children") for child in file.read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return 0
    own = next((int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{kind}:")), 0)
    return own * _KIB + sum(_sum(kind, int(child), proc) for child in children)
