"""What a running process and all its children have used so far."""

from __future__ import annotations

import psutil


def tree(pid: int) -> list[psutil.Process]:
    """A process and its children, however deep; none where it has ended."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def cpu_seconds(pid: int) -> float:
    """CPU seconds of a process and its children, those that have ended and were waited for among them.

    What a child has used is lost where nobody waits for it: 0 of a process that has ended meanwhile.
    """
    used = 0.0
    for process in tree(pid):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        used += times.user + times.system + times.children_user + times.children_system
    return used
