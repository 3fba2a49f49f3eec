"""Bytes on the disk."""

from __future__ import annotations

from pathlib import Path

from widedeep.pipeline.local.disk_usage import disk_bytes


def test_files_in_folders_count_and_nothing_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_bytes(bytes(3))
    (tmp_path / "a" / "d").write_bytes(bytes(5))
    assert disk_bytes(tmp_path) == 8
    assert disk_bytes(tmp_path / "a" / "d") == 5
    assert disk_bytes(tmp_path / "none") == 0
