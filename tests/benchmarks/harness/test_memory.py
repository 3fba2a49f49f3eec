"""Memory of a process and its children."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from benchmarks.harness.memory import anonymous, peak, proportional, resident

_BLOCK = 200 << 20
# Each holds a block of its own, written to, so that no page is shared; the outer one says when both do.
_HOLD = f"block = b'x' * {_BLOCK}"
_CHILD = f"{_HOLD}; print(flush=True); input()"
_PARENT = f"""
import subprocess, sys
{_HOLD}
child = subprocess.Popen([sys.executable, '-c', {_CHILD!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print(flush=True)
input()
child.communicate(b'\\n')
"""


@contextmanager
def holding(code: str) -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.communicate(b"\n")


@pytest.mark.parametrize("measure", [resident, proportional, anonymous])
def test_memory_is_that_of_the_process_and_of_its_children(measure: Callable[[int], int]) -> None:
    with holding(_PARENT) as pid:
        assert 2 * _BLOCK < measure(pid) < 3 * _BLOCK
    assert measure(pid) == 0


def test_a_page_that_two_share_counts_once_in_all() -> None:
    forks = f"import os, sys; {_HOLD}\nif os.fork() == 0:\n  input()\n  os._exit(0)\nprint(flush=True); os.wait()"
    with holding(forks) as pid:
        assert _BLOCK < proportional(pid) < 1.5 * _BLOCK
        assert resident(pid) > 2 * _BLOCK


def test_pages_of_files_are_not_anonymous() -> None:
    assert resident(os.getpid()) > anonymous(os.getpid()) > 0


def test_the_peak_is_seen_though_the_process_gave_the_memory_back() -> None:
    code = f"import time; block = b'x' * {_BLOCK}; time.sleep(1); del block; time.sleep(0.3)"
    process = subprocess.Popen([sys.executable, "-c", code])
    largest = peak(process)
    assert process.returncode == 0
    assert _BLOCK < largest < 2 * _BLOCK
