"""Processes of their own, and environments of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks.harness import peer_environments, subprocesses
from widedeep.components.common.errors import WideDeepError


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
