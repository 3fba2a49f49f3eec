"""Memory of a process and its children."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.harness.memory import anonymous, peak, resident


def _process(proc: Path, pid: int, kib: int | None, tasks: dict[int, str]) -> None:
    for task, children in tasks.items():
        (proc / f"{pid}/task/{task}").mkdir(parents=True)
        (proc / f"{pid}/task/{task}/children").write_text(children)
    size = "" if kib is None else f"VmPeak:\t   999 kB\nVmRSS:\t   {kib} kB\nRssAnon:\t   {kib // 2} kB\n"
    (proc / f"{pid}/status").write_text(f"Name:\tx\n{size}")


def test_memory_is_that_of_the_process_and_of_the_children_of_all_its_threads(tmp_path: Path) -> None:
    _process(tmp_path, 1, 100, {1: "2 3 ", 11: "4 "})
    _process(tmp_path, 2, 20, {2: "5 "})
    _process(tmp_path, 3, 3, {3: ""})
    _process(tmp_path, 4, None, {4: ""})  # a zombie has no memory
    _process(tmp_path, 5, 4000, {5: ""})
    assert resident(1, tmp_path) == (100 + 20 + 3 + 4000) * 1024
    assert anonymous(1, tmp_path) == (50 + 10 + 1 + 2000) * 1024


def test_a_process_that_has_ended_has_no_memory(tmp_path: Path) -> None:
    _process(tmp_path, 1, 100, {1: "2 "})
    assert resident(1, tmp_path) == 100 * 1024
    assert resident(2, tmp_path) == 0


def test_the_peak_is_seen_though_the_process_gave_the_memory_back() -> None:
    code = "import time; block = b'x' * (300 << 20); time.sleep(1); del block; time.sleep(0.3)"
    process = subprocess.Popen([sys.executable, "-c", code])
    largest = peak(process)
    assert process.returncode == 0
    assert 300 << 20 < largest < 500 << 20
    assert resident(os.getpid()) > anonymous(os.getpid()) > 0
