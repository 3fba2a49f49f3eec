"""Bytes on the disk, and as people read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from widedeep.pipeline.local.disk_usage import on_disk, shown


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1949, "1.9 kB"),
        (999_949, "999.9 kB"),
        (999_951, "1.0 MB"),
        (5_250_000_000, "5.2 GB"),
        (10**18, "1000000.0 TB"),
    ],
)
def test_bytes_as_people_read_them(count: int, text: str) -> None:
    assert shown(count) == text


def test_files_in_folders_count_and_nothing_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_bytes(bytes(3))
    (tmp_path / "a" / "d").write_bytes(bytes(5))
    assert on_disk(tmp_path) == 8
    assert on_disk(tmp_path / "a" / "d") == 5
    assert on_disk(tmp_path / "none") == 0
