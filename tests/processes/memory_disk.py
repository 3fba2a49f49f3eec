"""Temporary files in memory: a metadata database in a file waits for the disk after each of its hundreds of steps."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

# Linux's file system in memory. Half of the memory may be files there: containers have less, of which nothing is taken.
_PLACE = Path("/dev/shm")
_NAME = "widedeep-tests-"
# Of all tests, beside what their processes need.
_LEAST_FREE, _LEAST_AVAILABLE = 4 << 30, 8 << 30


def make(place: Path = _PLACE) -> Path | None:
    """A folder in memory for this process's temporary files and those of all that it starts.

    None where TMPDIR names another place, or there is no room; what is left then is the disk.
    """
    if os.environ.get("TMPDIR") or not _has_room(place):
        return None
    for left in place.glob(f"{_NAME}*"):
        process = left.name.removeprefix(_NAME).partition("-")[0]
        if not Path("/proc", process).exists():
            # It was killed.
            remove(left)
    folder = Path(tempfile.mkdtemp(prefix=f"{_NAME}{os.getpid()}-", dir=place))
    # As /tmp: database servers run as another user, and have temporary files of their own.
    folder.chmod(0o1777)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    return folder


def remove(folder: Path) -> None:
    """Gives the memory back."""
    shutil.rmtree(folder, ignore_errors=True)


def _has_room(place: Path) -> bool:
    if not os.access(place, os.W_OK) or os.statvfs(place).f_flag & os.ST_NOEXEC:
        return False
    available = re.search(r"^MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return bool(
        shutil.disk_usage(place).free >= _LEAST_FREE and available and int(available[1]) * 1024 >= _LEAST_AVAILABLE
    )
