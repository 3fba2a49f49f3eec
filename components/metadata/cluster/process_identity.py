"""Names of processes that hold for good, by which one of this machine is known to be gone."""

from __future__ import annotations

import os
from pathlib import Path


def is_dead(identity: str) -> bool:
    """Whether a process of this very machine is gone. Of another machine's nothing is known."""
    machine, _, process = identity.rpartition("/")
    pid = process.partition("@")[0]
    return bool(pid) and machine == _machine() and identity_of(int(pid)) != identity


def identity_of(pid: int) -> str | None:
    """Names a process for good: a process id alone is given again. None where there is no such process."""
    try:
        # After the command's name, which may hold anything, the 20th field is the time of the start.
        start = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except FileNotFoundError:
        return None
    return f"{_machine()}/{pid}@{start}"


def _machine() -> str:
    """The kernel since it was started, and the part of it in which process ids mean the same."""
    return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()}/{os.readlink('/proc/self/ns/pid')}"
