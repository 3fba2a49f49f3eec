"""Memory of a process and all its children while they run."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

import psutil

from benchmarks.harness.usage import tree

_SECONDS = 0.1


def peak(process: subprocess.Popen[bytes]) -> int:
    """Waits for the end of the process; returns the largest sum of resident bytes seen, ten times a second.

    A page that several processes share is counted in each.
    """
    largest = 0
    while process.poll() is None:
        largest = max(largest, resident(process.pid))
        time.sleep(_SECONDS)
    return largest


def resident(pid: int) -> int:
    """Resident bytes of a process and its children; 0 of those that have ended meanwhile."""
    return _sum(lambda process: int(process.memory_info().rss), pid)


def proportional(pid: int) -> int:
    """The same, in which a page that several processes share is counted once in all. It takes longer to find out."""
    return _sum(lambda process: int(process.memory_full_info().pss), pid)


def anonymous(pid: int) -> int:
    """Resident bytes without pages of files, as of libraries, which the system drops and reads again as it sees fit."""
    return _sum(lambda process: sum(page.anonymous for page in process.memory_maps()), pid)


def _sum(size: Callable[[psutil.Process], int], pid: int) -> int:
    found = 0
    for process in tree(pid):
        try:
            found += size(process)
        except psutil.Error:
            continue
    return found
