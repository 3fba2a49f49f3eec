"""Processes that end with the one that started them."""

from __future__ import annotations

import ctypes
import signal
from pathlib import Path

# Of Linux's prctl.
_PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Ends this process as soon as its parent ends: nobody would record what it makes.

    Raises:
        ProcessLookupError: it has ended.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # It may have ended before.
    if _has_ended(parent):
        raise ProcessLookupError(f"the process {parent}, which started this one, has ended.")


def _has_ended(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True
    # Its number stays, as a zombie's, for as long as nobody has asked how it ended. Its name may hold anything.
    return status.rpartition(") ")[2].startswith("Z")
