"""Where the tests have their temporary files."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import memory_disk
import pytest


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(memory_disk, "_LEAST_FREE", 0)
    monkeypatch.setattr(memory_disk, "_LEAST_AVAILABLE", 0)
    # So that what is set is taken back.
    monkeypatch.setenv("TMPDIR", "")


@pytest.mark.usefixtures("unset")
def test_what_a_process_starts_has_its_temporary_files_there(tmp_path: Path) -> None:
    # One that lives, and one that can't: no process has this number.
    others = [tmp_path / f"widedeep-tests-{process}-x" for process in (os.getppid(), 1 << 30)]
    for other in others:
        other.mkdir()
    folder = memory_disk.make(tmp_path)
    assert folder is not None
    assert {*tmp_path.iterdir()} == {folder, others[0]}
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o7777 == 0o1777
    code = "import tempfile; print(tempfile.gettempdir())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == tempfile.gettempdir() == str(folder)
    # Its own processes need no other.
    assert memory_disk.make(tmp_path) is None
    memory_disk.remove(folder)
    assert list(tmp_path.iterdir()) == others[:1]


@pytest.mark.usefixtures("unset")
@pytest.mark.parametrize("least", ["_LEAST_FREE", "_LEAST_AVAILABLE"])
def test_without_room_it_is_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, least: str) -> None:
    assert memory_disk.make(tmp_path / "none") is None
    monkeypatch.setattr(memory_disk, least, 1 << 60)
    assert memory_disk.make(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
