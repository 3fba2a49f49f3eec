"""How a container's processes end."""

from __future__ import annotations

import subprocess
import sys

# A thread that waits for ever, as gRPC's may.
PROGRAM = """
import os, signal, threading
from widedeep.pipeline.kubeflow.step.process_exit import run_and_exit
from widedeep.pipeline.launcher.termination import termination_raises
threading.Thread(target=threading.Event().wait).start()
def work():
    with termination_raises():
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
run_and_exit(work)
"""


def test_a_terminated_process_ends_with_the_signals_code_whatever_its_threads_wait_for() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 128 + 15
    assert "Traceback" not in ended.stderr
