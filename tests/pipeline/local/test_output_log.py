"""What goes to the log, and what reaches the person."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

NOISY = """
import logging, os, sys
from pathlib import Path
from widedeep.pipeline.local.output_log import log_output
with log_output(Path(sys.argv[1])) as console:
    console.print("for the person")
    print("python's print")
    sys.stderr.write("python's stderr\\n")
    os.write(1, b"a C library's stdout\\n")
    os.write(2, b"a C library's stderr\\n")
    logging.getLogger("beam").info("logged")
    if len(sys.argv) > 2:
        raise RuntimeError("stopped inside")
print("the result")
"""


def noisy(log: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", NOISY, str(log), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_all_noise_goes_to_the_log_and_the_person_sees_the_rest(tmp_path: Path) -> None:
    done = noisy(tmp_path / "log.txt")
    assert (done.stdout, done.stderr) == ("the result\n", "for the person\n")
    log = (tmp_path / "log.txt").read_text()
    for line in ("python's print", "python's stderr", "a C library's stdout", "a C library's stderr", "I beam: logged"):
        assert line in log


def test_output_is_the_persons_again_after_an_error(tmp_path: Path) -> None:
    done = noisy(tmp_path / "log.txt", "fail")
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("RuntimeError: stopped inside")
