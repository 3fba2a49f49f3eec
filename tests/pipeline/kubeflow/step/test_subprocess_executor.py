"""An executor's process hears of a SIGTERM, and has time to end what it has begun elsewhere."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

# Arguments: a file to write. Ends its work on SIGTERM, which takes some time.
EXECUTOR = """
import signal, sys, time
def leave(*_):
    time.sleep(0.3)
    open(sys.argv[1], "a").write("ended its job")
    sys.exit(143)
signal.signal(signal.SIGTERM, leave)
open(sys.argv[1], "w").write("working, ")
time.sleep(600)
"""
STEP = """
import sys
from widedeep.pipeline.kubeflow.step.subprocess_executor import run_child
run_child([sys.executable, "-c", *sys.argv[1:]])
"""


def test_a_terminated_step_ends_by_the_signal_after_its_executor_has(tmp_path: Path) -> None:
    written = tmp_path / "written"
    with subprocess.Popen([sys.executable, "-c", STEP, EXECUTOR, str(written)]) as step:
        deadline = time.monotonic() + 120
        while not (written.exists() and written.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        step.send_signal(signal.SIGTERM)
        assert step.wait(60) == -signal.SIGTERM
    assert written.read_text() == "working, ended its job"
