"""A step under supervision, as a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from widedeep.pipeline.kubeflow.step import supervisor

HINT = "Most often it needed more memory than its container has: see kubeflow.steps in PIPELINE.yaml."
# As TensorFlow 2.21 writes them, at every level of its log.
ABSL = "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR"
ONEDNN = "I0000 00:00:1795942104.947068   12363 port.cc:153] oneDNN custom operations are on. You may see slightly ..."
CUDART = "I0000 00:00:1795942104.947324   12363 cudart_stub.cc:31] Could not find cuda drivers on your machine, GPU ..."
CUINIT = "E0000 00:00:1795942113.767930   12363 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error: ..."
OWN = "E0000 00:00:1795942113.767930   12363 wire.cc:1] the run's own words of oneDNN and cuda"
NOISE = [ABSL, ONEDNN, CUDART, CUINIT]


def start(work: str, before: str = "") -> subprocess.Popen[str]:
    program = (
        "import os, signal, sys, subprocess, time\n"
        "from pathlib import Path\n"
        "from widedeep.pipeline.kubeflow.step import supervisor\n"
        f"{before}\n"
        f"def work():\n    {work}\n    os._exit(0)\n"
        "supervisor.supervise(work)\n"
    )
    return subprocess.Popen([sys.executable, "-c", program], stdout=-1, stderr=-1, text=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def written(lines: list[str]) -> str:
    # Past Python, as TensorFlow does; the last one without its end.
    return f"os.write(2, {chr(10).join(lines)!r}.encode()); print('out', flush=True)"


@pytest.mark.parametrize(
    ("driver", "kept"), [("/nowhere", [OWN, "the end"]), ("/dev/null", [CUDART, CUINIT, OWN, "the end"])]
)
def test_what_tensorflow_says_of_itself_is_left_out(driver: str, kept: list[str]) -> None:
    """With a GPU, that it can't be had is news."""
    process = start(written([*NOISE, OWN, "the end"]), f"supervisor._DRIVER = Path({driver!r})")
    assert ended(process) == (0, "out\n", "\n".join(kept))


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_step_ends_with_its_own_code(code: int) -> None:
    assert ended(start(f"os._exit({code})")) == (code, "", "")


@pytest.mark.parametrize(
    ("number", "says"),
    [(signal.SIGKILL, f"killed by SIGKILL. {HINT}"), (signal.SIGSEGV, "killed by SIGSEGV.")],
)
def test_a_step_that_is_killed_is_told(number: signal.Signals, says: str) -> None:
    process = start(f"os.write(2, b'its last words\\n'); os.kill(os.getpid(), {int(number)})")
    assert ended(process) == (128 + number, "", f"its last words\nError: the step was {says}\n")


def test_a_stop_reaches_the_step() -> None:
    process = start("print(os.getpid(), flush=True); time.sleep(60)")
    assert process.stdout is not None
    process.stdout.readline()
    process.terminate()
    code, _, said = ended(process)
    assert (code, said) == (128 + signal.SIGTERM, "Error: the step was killed by SIGTERM.\n")


def test_a_stop_at_the_very_start_reaches_the_step_too() -> None:
    """Before the supervisor could tell it: as soon as there is a step."""
    before = (
        "fork = os.fork\n"
        "def stopped():\n"
        "    child = fork()\n"
        "    if child: os.kill(os.getpid(), signal.SIGTERM)\n"
        "    return child\n"
        "os.fork = stopped"
    )
    code, out, said = ended(start("time.sleep(60)", before))
    assert (code, out, said) == (128 + signal.SIGTERM, "", "Error: the step was killed by SIGTERM.\n")


def test_a_step_ends_with_its_supervisor() -> None:
    with start("print(os.getpid(), flush=True); time.sleep(60)") as process:
        assert process.stdout is not None
        step = int(process.stdout.readline())
        process.kill()
    deadline = time.monotonic() + 30
    while (stat := Path(f"/proc/{step}/stat")).exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_who_holds_the_pipe_open_does_not_hold_the_step() -> None:
    started = time.monotonic()
    with start(
        "subprocess.Popen(['sleep', '60'], stdout=subprocess.DEVNULL); print('out', flush=True)",
        "supervisor._LAST_WORDS = 0.1",
    ) as process:
        assert ended(process) == (0, "out\n", "")
    assert time.monotonic() - started < 40


def test_the_hint_is_of_a_kill_alone() -> None:
    assert supervisor.killed(signal.SIGKILL) == f"killed by SIGKILL. {HINT}"
    assert supervisor.killed(signal.SIGABRT) == "killed by SIGABRT."
