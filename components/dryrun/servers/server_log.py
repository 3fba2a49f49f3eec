"""Why a server did not do what it should, by what it printed."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from widedeep.components.common.errors import reason

# The last line of a Python trace; TensorFlow's lines of level E and F; what programs, loaders and docker say.
_ERROR = re.compile(
    r"^[\w.]*(Error|Exception)\b|^\S+ \S+: [EF] |^[EF]\d{4} |\b(error|fatal|failed|denied)\b", re.IGNORECASE
)
# TensorFlow says of every machine without a graphics card that it failed to find one.
_NO_ERROR = re.compile(r"cuInit|CUDA (driver|error)|cuda_|TensorRT")
_LAST_LINES = 5


def server_error(log: Path, running: bool = False) -> str:
    """The last error in a server's log; where none looks like one, the last lines of a server that has ended."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.search(line) and not _NO_ERROR.search(line)]
    if not lines:
        return "it printed nothing"
    if running and not errors:
        return "it printed no error"
    return reason(errors[-1] if errors else " / ".join(lines[-_LAST_LINES:]))


def ending(code: int) -> str:
    """How a process ended, by its return code."""
    if code >= 0:
        return f"ended with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"was ended by {name}{' (was memory short?)' if name == 'SIGKILL' else ''}"
