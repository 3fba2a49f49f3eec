"""Digests of contents: any change is seen, whatever times a tool restores, and what is the same is not read again."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apache_beam.io.filesystem import BeamIOError, FileSystem

from widedeep.components.common.digests import file_digests
from widedeep.components.common.digests.file_digests import content_digests
from widedeep.components.common.errors import DataError

Told = Callable[..., list[str]]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour later: no file has changed moments ago."""
    hour, now = 3_600_000_000_000, time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + hour)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are read to the end."""
    names: list[str] = []
    digest = hashlib.file_digest

    def counted(file: Any, name: str) -> Any:
        names.append(os.path.basename(file.name))
        return digest(file, name)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    return names


def rewrite(file: Path, text: str) -> None:
    """Later than the tick of the file system's clock in which the file was written."""
    time.sleep(0.02)
    file.write_text(text)


def told(folder: Path, *names: str) -> list[str]:
    return content_digests([str(folder / name) for name in names], str(folder / "kept" / "digests.json"))


def same_size_and_time(file: Path, text: str) -> None:
    before = file.stat()
    rewrite(file, text)
    assert file.stat().st_size == before.st_size
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced_by_a_copy_of_its_time(file: Path, text: str) -> None:
    other = file.with_name("other")
    rewrite(other, text)
    shutil.copystat(file, other)
    other.rename(file)


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("change", [same_size_and_time, replaced_by_a_copy_of_its_time])
def test_a_change_is_seen_where_size_and_time_stay(change: Callable[[Path, str], None], tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("0,1")
    assert told(tmp_path, "a") == told(tmp_path, "a") == [sha256("0,1")]
    mtime = file.stat().st_mtime_ns
    change(file, "1,0")
    assert file.stat().st_mtime_ns == mtime
    assert told(tmp_path, "a") == [sha256("1,0")]


@pytest.mark.usefixtures("later")
def test_what_has_not_changed_is_not_read_again(tmp_path: Path, reads: list[str]) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    assert told(tmp_path, "a", "b") == [sha256("a"), sha256("b")]
    assert sorted(reads) == ["a", "b"]
    rewrite(tmp_path / "b", "B")
    assert told(tmp_path, "a", "b") == [sha256("a"), sha256("B")]
    assert sorted(reads) == ["a", "b", "b"]


def test_a_file_of_this_moment_is_read_again(tmp_path: Path, reads: list[str]) -> None:
    """It may change within the tick of the clock that its times tell."""
    (tmp_path / "a").write_text("a")
    assert told(tmp_path, "a") == told(tmp_path, "a") == [sha256("a")]
    assert reads == ["a", "a"]


@pytest.mark.usefixtures("later")
def test_a_file_that_changes_while_it_is_read_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, digest = tmp_path / "a", hashlib.file_digest
    file.write_text("a")

    def changed(opened: Any, name: str) -> Any:
        done = digest(opened, name)
        rewrite(file, "b")
        return done

    monkeypatch.setattr(hashlib, "file_digest", changed)
    assert told(tmp_path, "a") == [sha256("a")]
    monkeypatch.undo()
    assert told(tmp_path, "a") == [sha256("b")]


@pytest.mark.usefixtures("later")
def test_digests_that_cant_be_read_or_kept_only_cost_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, reads: list[str]
) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "kept").write_text("no folder")
    assert told(tmp_path, "a") == told(tmp_path, "a") == [sha256("a")]
    assert reads == ["a", "a"]
    assert "can't be written, so the data are read again next time" in caplog.text
    (tmp_path / "kept").unlink()
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "digests.json").write_text('{"files": {"a": 1}}')
    assert told(tmp_path, "a") == told(tmp_path, "a") == [sha256("a")]
    assert reads == ["a", "a", "a"]


@pytest.mark.usefixtures("later")
def test_files_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    told(tmp_path, "a")
    (tmp_path / "a").unlink()
    told(tmp_path, "b")
    kept = file_digests.FileDigests.read(tmp_path / "kept" / "digests.json")
    assert list(kept.files) == [str(tmp_path / "b")]


def test_a_file_that_cant_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"/a: can't be read: No such file or directory\.$"):
        told(tmp_path, "a")


class Store(FileSystem):
    """An object store that Beam knows: its objects' checksums, by address."""

    sums: dict[str, Any] = {}

    @classmethod
    def scheme(cls) -> str:
        return "shelf"

    def checksum(self, path: str) -> Any:
        if path not in self.sums:
            raise BeamIOError("no such object")
        return self.sums[path]


Store.__abstractmethods__ = frozenset()


def test_a_store_tells_the_content_by_its_checksum(tmp_path: Path) -> None:
    """Whenever the object was written; nothing is kept of it here."""
    kept_in = str(tmp_path / "digests.json")
    Store.sums = {"shelf://rows/a": "yZRlqg==", "shelf://rows/b": "AAAAAA=="}
    assert content_digests(list(Store.sums), kept_in) == ["checksum yZRlqg==", "checksum AAAAAA=="]
    Store.sums["shelf://rows/a"] = "AAAAAA=="
    assert content_digests(["shelf://rows/a"], kept_in) == ["checksum AAAAAA=="]
    assert not (tmp_path / "digests.json").exists()


def test_a_store_without_checksums_tells_size_and_time(tmp_path: Path) -> None:
    """As TensorFlow's, in memory, of which Beam knows nothing."""
    import tensorflow as tf

    tf.io.gfile.GFile("ram://rows", "w").write("0,1")
    [told] = content_digests(["ram://rows"], str(tmp_path / "digests.json"))
    status = tf.io.gfile.stat("ram://rows")
    assert told == f"3 bytes of {status.mtime_nsec}"
