"""A process that ends with its parent, whenever that ends. They are real ones, which no server of the tests forks."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PYTHON = [sys.executable, "-P"]
# It says its number, and then ends with its parent or never.
LASTING = """
import os, sys, time
from widedeep.components.common.process.parent import die_with
die_with(int(sys.argv[1]))
print(os.getpid(), flush=True)
time.sleep(600)
"""
# It waits until its parent has ended, and only then says that it will end with it.
LATE = """
import os, sys, time
from widedeep.components.common.process.parent import die_with
while os.getppid() == int(sys.argv[1]):
    time.sleep(0.01)
try:
    die_with(int(sys.argv[1]))
except ProcessLookupError as error:
    print(error, flush=True)
"""
PARENT = """
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-P", "-c", sys.argv[1], str(os.getpid())])
if sys.argv[2] == "stays":
    time.sleep(600)
"""


def is_there(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_when_the_parent_is_killed(number: signal.Signals) -> None:
    with subprocess.Popen([*PYTHON, "-c", PARENT, LASTING, "stays"], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_there(child)
        parent.send_signal(number)
        # The child has the pipe, too: its end comes when both have ended.
        assert parent.stdout.read() == b""
    deadline = time.monotonic() + 30
    while is_there(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_parent_that_ended_before_is_noticed_while_nobody_has_asked_how() -> None:
    with subprocess.Popen([*PYTHON, "-c", PARENT, LATE, "goes"], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        # Read to its end, and only then, at the end of the block, the parent is waited for.
        assert parent.stdout.read() == f"the process {parent.pid}, which started this one, has ended.\n"


def test_and_once_it_is_gone() -> None:
    gone = subprocess.Popen([*PYTHON, "-c", ""])
    gone.wait()
    late = [*PYTHON, "-c", LATE, str(gone.pid)]
    assert subprocess.run(late, capture_output=True, text=True, check=True).stdout == (
        f"the process {gone.pid}, which started this one, has ended.\n"
    )
