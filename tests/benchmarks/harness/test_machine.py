"""What is said of the machine, and of the checkout."""

from __future__ import annotations

import os
import platform
import re
import socket
import subprocess
from pathlib import Path

from benchmarks.harness.machine import commit, this_machine


def test_the_machine_is_told_without_its_name() -> None:
    machine = this_machine()
    assert machine.cores == len(os.sched_getaffinity(0))
    assert machine.python == platform.python_version()
    assert machine.memory_gib is not None
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert abs(machine.memory_gib - pages / 2**30) <= 0.1
    assert machine.cpu
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", machine.tensorflow or "")
    assert socket.gethostname() not in machine.model_dump_json()


def _git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_a_commit_is_marked_where_files_differ_from_it_but_for_results(tmp_path: Path) -> None:
    _git(tmp_path, "init", "--quiet")
    (tmp_path / "code.py").write_text("1")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "--quiet", "--message", "first")
    clean = commit(tmp_path)
    assert clean == _git(tmp_path, "rev-parse", "HEAD")[:10]
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    (tmp_path / "benchmarks" / "results" / "taxi.json").write_text("{}")
    assert commit(tmp_path) == clean
    (tmp_path / "code.py").write_text("2")
    assert commit(tmp_path) == f"{clean}+"


def test_outside_of_git_there_is_no_commit(tmp_path: Path) -> None:
    assert commit(tmp_path) is None
