"""What a running process and its children have used so far, read from /proc."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
# Of /proc/PID/stat, counted from the state, which follows the name in brackets: proc(5) has them as 14 to 17.
_TIMES = slice(11, 15)


def cpu_seconds(pid: int, proc: Path = Path("/proc")) -> float:
    """CPU seconds of a process and its children, those that have ended and were waited for among them.

    What a child has used is lost where nobody waits for it: 0 of a process that has ended meanwhile.
    """
    folder = proc / str(pid)
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        children = [child for file in folder.glob("task/*/children") for child in file.read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    own = sum(int(ticks) for ticks in fields[_TIMES]) / _TICKS
    return own + sum(cpu_seconds(int(child), proc) for child in children)
