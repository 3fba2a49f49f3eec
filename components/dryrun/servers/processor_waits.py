"""How long the threads of a process were ready to run while other programs had the processors, as Linux counts it.

A limit on seconds is meant for a machine that has time. Measured where it has none, a server that is fast enough needs
many times as long; what its busiest thread has waited is what another hour would have spared it. (Threads wait at the
same time, so that their sum would be too much.)
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

Waits = Mapping[str, float]


def waits(pid: int | str) -> Waits:
    """Seconds by thread since its start; empty where the system does not tell, or the process is gone.

    Args:
        pid: of the process; "self" for this one.
    """
    seconds = {}
    for file in Path("/proc", str(pid), "task").glob("*/schedstat"):
        try:
            _running, waiting, _slices = file.read_text().split()
        except (OSError, ValueError):
            continue
        seconds[file.parent.name] = int(waiting) / 1e9
    return seconds


def longest_wait(before: Waits, after: Waits) -> float:
    """Seconds that the thread that waited longest has waited between two looks."""
    return max((seconds - before.get(thread, 0.0) for thread, seconds in after.items()), default=0.0)
