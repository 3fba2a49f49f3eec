"""A stand-in that is started ahead of its model, and imports TensorFlow while an earlier step works."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

# By name: it belongs to the commands, which know this room.
_MODULE = "widedeep.pipeline.commands.servers.spare"
# At most one, of this process.
_waiting: list[subprocess.Popen[bytes]] = []


def start() -> None:
    """Starts one, which waits; where the machine has no room for it, the dry run starts its own."""
    end()
    command, none = [sys.executable, "-m", _MODULE], subprocess.DEVNULL
    try:
        _waiting.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=none, stderr=none))
    except OSError as error:
        logging.warning("No server could be started ahead of the dry run: %s", error)


def take(arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes] | None:
    """The one that waits, told to serve; None where there is none.

    Args:
        arguments: of `widedeep`.
        log: gets what it prints.
    """
    if not _waiting:
        return None
    process = _waiting.pop()
    assert process.stdin is not None
    try:
        with process.stdin:
            process.stdin.write(json.dumps({"arguments": [*arguments], "log": str(log.resolve())}).encode() + b"\n")
    except OSError:
        # It has ended.
        process.wait()
        return None
    return process


def end() -> None:
    """Ends the one that waits, which has nothing to lose."""
    while _waiting:
        process = _waiting.pop()
        process.kill()
        process.communicate()
