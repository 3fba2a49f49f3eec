"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from widedeep.components.common.files import write_if_changed, write_whole


def test_an_equal_file_keeps_its_time_and_a_changed_one_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "schema.pbtxt"
    write_if_changed(path, "é")
    os.utime(path, (1, 1))
    write_if_changed(path, "é")
    assert path.stat().st_mtime == 1
    write_if_changed(path, "other")
    assert path.read_text() == "other"
    assert path.stat().st_mtime > 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["schema.pbtxt"]


def test_a_file_is_readable_by_all_and_its_folder_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    write_whole(path, b"\x00\xff")
    assert path.read_bytes() == b"\x00\xff"
    assert path.stat().st_mode & 0o777 == 0o644


def test_what_was_there_stays_where_the_new_one_can_not_be_put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_whole(path, b"before")

    def refuse(*_: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="no room"):
        write_whole(path, b"after")
    assert path.read_bytes() == b"before"
