"""What is measured runs in processes of its own: nothing is warm that would be cold for a person."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from widedeep.components.common.errors import WideDeepError

ROOT = Path(__file__).resolve().parents[2]


def start(module: str, *arguments: object, log: Path, python: str | Path = sys.executable) -> subprocess.Popen[bytes]:
    """Starts `python -m module arguments` in the repository; all that it prints goes to `log`."""
    # Environments of peers import the benchmarks too, but nothing else of this one.
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [str(python), "-m", module, *map(str, arguments)]
    with log.open("wb") as output:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)


def finish(process: subprocess.Popen[bytes], log: Path) -> None:
    """Waits for its end.

    Raises:
        WideDeepError: it failed; the message ends with the end of the log.
    """
    if process.wait():
        told = log.read_text(errors="replace")[-3000:]
        raise WideDeepError(f"{process.args!r} exited with {process.returncode}:\n{told}")


def run(module: str, *arguments: object, log: Path, python: str | Path = sys.executable) -> None:
    """Runs `python -m module arguments` to its end. Raises WideDeepError where it fails."""
    finish(start(module, *arguments, log=log, python=python), log)
