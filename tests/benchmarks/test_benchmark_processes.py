"""Fresh processes, the memory that they take, and environments of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.harness import peer_environments, subprocesses
from benchmarks.harness.memory import peak, resident
from widedeep.components.common.errors import WideDeepError


def _process(proc: Path, pid: int, kib: int | None, tasks: dict[int, str]) -> None:
    for task, children in tasks.items():
        (proc / f"{pid}/task/{task}").mkdir(parents=True)
        (proc / f"{pid}/task/{task}/children").write_text(children)
    size = "" if kib is None else f"VmPeak:\t   999 kB\nVmRSS:\t   {kib} kB\n"
    (proc / f"{pid}/status").write_text(f"Name:\tx\n{size}")


def test_memory_is_that_of_the_process_and_of_the_children_of_all_its_threads(tmp_path: Path) -> None:
    _process(tmp_path, 1, 100, {1: "2 3 ", 11: "4 "})
    _process(tmp_path, 2, 20, {2: "5 "})
    _process(tmp_path, 3, 3, {3: ""})
    _process(tmp_path, 4, None, {4: ""})  # a zombie has no memory
    _process(tmp_path, 5, 4000, {5: ""})
    assert resident(1, tmp_path) == (100 + 20 + 3 + 4000) * 1024


def test_a_process_that_has_ended_has_no_memory(tmp_path: Path) -> None:
    _process(tmp_path, 1, 100, {1: "2 "})
    assert resident(1, tmp_path) == 100 * 1024
    assert resident(2, tmp_path) == 0


def test_the_peak_is_seen_though_the_process_gave_the_memory_back() -> None:
    code = "import time; block = b'x' * (300 << 20); time.sleep(1); del block; time.sleep(0.3)"
    process = subprocess.Popen([sys.executable, "-c", code])
    found = peak(process)
    assert process.returncode == 0
    assert 300 << 20 < found < 500 << 20
    assert resident(os.getpid()) > 0


def test_a_process_that_fails_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    with pytest.raises(WideDeepError, match=r"(?s)benchmarks\.no_such.*exited with 1:.*No module named"):
        subprocesses.run("benchmarks.no_such", log=tmp_path / "log.txt")


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "kit" / "requirements.lock"
    path.parent.mkdir()
    path.write_text("a==1\n")
    return path


def _uv(calls: list[list[str]], returncode: int = 0) -> object:
    def run(command: list[object], **_: object) -> subprocess.CompletedProcess[str]:
        calls.append([str(part) for part in command])
        if returncode == 0 and command[1] == "venv":
            Path(str(command[-1])).mkdir(parents=True)
        return subprocess.CompletedProcess(command, returncode, "", "no network")

    return run


def test_an_environment_is_built_once_and_again_for_another_lock(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []
    monkeypatch.setattr(subprocess, "run", _uv(calls))
    first = peer_environments.interpreter(lock)
    assert [call[1:3] for call in calls] == [["venv", "--quiet"], ["pip", "sync"]]
    assert "--require-hashes" in calls[1]
    assert calls[1][-2:] == [str(first), str(lock)]
    assert peer_environments.interpreter(lock) == first
    assert len(calls) == 2
    lock.write_text("a==2\n")
    assert peer_environments.interpreter(lock) != first
    assert len(calls) == 4


def test_an_environment_that_can_not_be_built_says_why(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", _uv([], returncode=2))
    with pytest.raises(WideDeepError, match=r"(?s)uv venv .* failed: no network\n.*Python 3\.11 .* reachable PyPI"):
        peer_environments.interpreter(lock)
