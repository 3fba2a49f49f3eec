"""All output of the process in a file, but for what the person at the terminal is to see.

TensorFlow and Beam write to the file descriptors 1 and 2 themselves, past Python, so it is the descriptors that
are pointed at the log.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console


@contextmanager
def log_output(path: Path) -> Iterator[Console]:
    """Sends all output of this process to a log file, and yields the console that still reaches the person."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    handler = logging.StreamHandler()
    with path.open("a", encoding="utf-8") as log, os.fdopen(os.dup(2), "w", encoding="utf-8") as person:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname).1s %(name)s: %(message)s"))
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        try:
            yield Console(file=person, highlight=False, soft_wrap=True)
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
            sys.stdout.flush()
            sys.stderr.flush()
            for number, descriptor in zip((1, 2), saved, strict=True):
                os.dup2(descriptor, number)
                os.close(descriptor)
