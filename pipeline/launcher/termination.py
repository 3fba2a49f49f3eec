"""SIGTERM, by which Kubernetes ends a pod, as an exception: what was begun elsewhere can then be ended."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn


class TerminatedError(SystemExit):
    """A SIGTERM was sent to this process."""


@contextmanager
def termination_raises() -> Iterator[None]:
    """SIGTERM raises TerminatedError inside, which ends the process with the signal's code."""
    # Elsewhere Python allows no handlers.
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _: Any) -> NoReturn:
        raise TerminatedError(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
