import io
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from widedeep.pipeline.local.terminal import Watch, waiting

NOISY = """
import logging, os, sys
from pathlib import Path
from widedeep.pipeline.local.terminal import logged_to
with logged_to(Path(sys.argv[1])) as console:
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
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env={**os.environ})


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


def test_what_others_print_stays_out_of_the_live_display() -> None:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=100)
    before = sys.stdout, sys.stderr
    with waiting(console, "loading"):
        assert (sys.stdout, sys.stderr) == before
    with Watch(console):
        assert (sys.stdout, sys.stderr) == before
    assert "loading" in output.getvalue()


def lines(*, terminal: bool) -> str:
    output = io.StringIO()
    console = Console(file=output, force_terminal=terminal, width=100)
    with Watch(console) as watch:
        watch.node("Transform", "RUNNING", 0.0)
        watch.node("Transform", "CACHED", 0.03)
        watch.node("Trainer", "RUNNING", 0.0)
        watch.training({"step": 5, "steps": 10, "loss": 0.5, "watched": "auc", "value": 0.75})
        watch.node("Trainer", "FAILED", 12.34)
    return output.getvalue()


def test_without_a_terminal_it_is_a_line_a_component() -> None:
    shown = lines(terminal=False).splitlines()
    assert [line.split() for line in shown if line.strip()] == [
        ["✓", "Transform", "0.0", "s", "cached"],
        ["✗", "Trainer", "12.3", "s"],
    ]


def test_on_a_terminal_the_bar_shows_step_loss_and_auc() -> None:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=120)
    with Watch(console) as watch:
        watch.node("Trainer", "RUNNING", 0.0)
        watch.training({"step": 5, "steps": 10, "loss": 0.5, "watched": "auc", "value": 0.75})
        watch._live.refresh()
    shown = output.getvalue()
    for part in ("Trainer", "5/10", "loss 0.5000", "AUC 0.7500"):
        assert part in shown
