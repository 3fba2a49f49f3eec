"""Paths of an object store, in TensorFlow's own, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from widedeep.components.common.bucket_path import BucketPath, location
from widedeep.components.common.errors import WideDeepError


@pytest.fixture
def folder() -> Iterator[BucketPath]:
    """With a folder, an object in it, and one beside it."""
    made = BucketPath("ram://rows/a")
    (made / "1" / "x").mkdir(parents=True)
    (made / "1" / "x" / "f").write_bytes(b"hello")
    (made / "g").write_bytes(b"")
    yield made
    BucketPath("ram://rows").remove()


def test_a_text_names_a_path_here_or_there() -> None:
    assert type(location("a/b")) is type(Path("a/b"))
    there = location("gs://bucket/a")
    assert isinstance(there, BucketPath)
    assert (str(there), str(there / "b"), str(there.parent)) == ("gs://bucket/a", "gs://bucket/a/b", "gs://bucket")
    assert str((there / "b" / "c").relative_to(there)) == "b/c"
    assert (there / "b").is_relative_to(there)
    assert not there.is_relative_to(location("gs://other"))
    assert {there: 1}[location("gs://bucket/a")] == 1


def test_what_is_there(folder: BucketPath) -> None:
    assert [path.name for path in folder.iterdir()] == ["1", "g"]
    assert [str(path) for path in folder.glob("*/*/*")] == ["ram://rows/a/1/x/f"]
    assert [str(path.relative_to(folder)) for path in folder.rglob("*")] == ["1", "1/x", "1/x/f", "g"]
    assert list((folder / "none").glob("*")) == []
    file, none = folder / "1" / "x" / "f", folder / "none"
    assert (file.exists(), file.is_file(), file.is_dir()) == (True, True, False)
    assert (folder.exists(), folder.is_file(), folder.is_dir()) == (True, False, True)
    assert (none.exists(), none.is_file(), none.is_dir()) == (False, False, False)
    assert (file.lstat().st_size, file.read_bytes(), file.read_text()) == (5, b"hello", "hello")


def test_what_is_removed(folder: BucketPath) -> None:
    (folder / "1").remove()
    (folder / "g").remove()
    assert list(folder.iterdir()) == []


def test_a_store_that_refuses_is_told(folder: BucketPath) -> None:
    with pytest.raises(WideDeepError, match=r"^ram://rows/a/none: the store says: "):
        (folder / "none").lstat()
