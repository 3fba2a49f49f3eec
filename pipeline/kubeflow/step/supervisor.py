"""A step's process under a small one that outlives it.

What the system kills can't say why. And TensorFlow says of itself, at each start and whatever its settings are, what is
no news on a machine without a GPU: it writes that before it reads them, past Python.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from widedeep.components.common.process.parent import die_with
from widedeep.components.metadata.cluster.database import tell

MEMORY_HINT = "Most often it needed more memory than its container has: see kubeflow.steps in PIPELINE.yaml."
# Where a driver shows that there is a GPU.
_DRIVER = Path("/dev/nvidiactl")
# Seconds to read what the process wrote last. Children of its own may hold the pipe open for ever.
_LAST_WORDS = 5.0
_ALWAYS = (
    rb"WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR",
    rb"[IW]\d{4} .* port\.cc:\d+\] oneDNN custom operations are on",
)
_WITHOUT_GPU = (
    rb"[IW]\d{4} .* cudart_stub\.cc:\d+\] Could not find cuda drivers",
    rb"[IWE]\d{4} .* cuda_platform\.cc:\d+\] failed call to cuInit",
)

_STOPS = (signal.SIGTERM, signal.SIGINT)


def supervise(work: Callable[[], NoReturn]) -> NoReturn:
    """Does the work in a child process, and ends as that did: with its exit code, or 128 and its signal's number."""
    sys.stdout.flush()
    sys.stderr.flush()
    reading, writing = os.pipe()
    # What comes before the child can be told waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    parent, child = os.getpid(), os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        os.close(reading)
        os.dup2(writing, 2)
        os.close(writing)
        die_with(parent)
        work()
    os.close(writing)
    for number in _STOPS:
        signal.signal(number, lambda number, _: os.kill(child, number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
    forwarding = threading.Thread(target=_forward, args=(reading,), daemon=True)
    forwarding.start()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    forwarding.join(_LAST_WORDS)
    if code < 0:
        tell(f"Error: the step was {killed(-code)}")
        code = 128 - code
    sys.stderr.flush()
    os._exit(code)


def killed(number: int) -> str:
    """By which signal something was killed, and why most often, as the end of a sentence."""
    name = signal.Signals(number).name
    return f"killed by {name}. {MEMORY_HINT}" if number == signal.SIGKILL else f"killed by {name}."


def _forward(reading: int) -> None:
    patterns = _ALWAYS if _DRIVER.exists() else (*_ALWAYS, *_WITHOUT_GPU)
    noise = re.compile(rb"|".join(patterns))
    with os.fdopen(reading, "rb") as said:
        for line in said:
            if not noise.match(line):
                sys.stderr.buffer.write(line)
                sys.stderr.buffer.flush()
