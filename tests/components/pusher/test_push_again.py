"""An earlier version as the next one, and the removal of old ones, whatever fails."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.common.errors import WideDeepError
from widedeep.components.pusher import version_info
from widedeep.components.pusher.push import equal, prune, push, push_again, versions


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def base(model: Path, tmp_path: Path) -> Path:
    """Versions 1, 2 and 3, each with its own graph and its own word on where it comes from."""
    for number in (b"1", b"2", b"3"):
        (model / "saved_model.pb").write_bytes(number)
        (model / version_info.LINEAGE).write_bytes(b"lineage of " + number)
        push(model, tmp_path / "models")
    return tmp_path / "models"


def test_an_earlier_version_is_the_next_one_but_for_what_changed(base: Path) -> None:
    before = content(base)
    again = push_again(base / "1", {version_info.LINEAGE: "put back", "new/file": "n"})
    assert again == base / "4"
    assert content(again) == content(base / "1") | {version_info.LINEAGE: b"put back", "new/file": b"n"}
    # The earlier one, whose files it shares, is unchanged, and stays whole when either goes.
    assert {name: text for name, text in content(base).items() if not name.startswith("4/")} == before
    assert (again / "saved_model.pb").samefile(base / "1" / "saved_model.pb")
    shutil.rmtree(base / "1")
    assert content(again)["saved_model.pb"] == b"1"


def test_it_is_a_copy_where_there_are_no_hard_links(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unable(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", unable)
    again = push_again(base / "1", {})
    assert content(again) == content(base / "1")
    assert not (again / "saved_model.pb").samefile(base / "1" / "saved_model.pb")


class Failing:
    """Stands for a function, and fails in its so-manieth call, or in each."""

    def __init__(self, real: Callable[..., Any], number: int | None = None) -> None:
        self.real, self.number, self.calls = real, number, 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        if self.number in (None, self.calls):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(args[0]))
        return self.real(*args, **kwargs)


def again(base: Path) -> Path | str:
    try:
        return push_again(base / "1", {version_info.LINEAGE: "put back"})
    except WideDeepError as error:
        return str(error)


@pytest.mark.parametrize(
    ("module", "name"), [("shutil", "copyfile"), ("os", "mkdir"), ("os", "fsync"), ("os", "rename")]
)
def test_a_rollback_that_fails_at_any_step_changes_nothing(
    module: str, name: str, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(base)
    # Copies, of which there is more to fail.
    monkeypatch.setattr(os, "link", Failing(os.link))
    owner, failed = sys.modules[module], 0
    for number in range(1, 100):
        failing = Failing(getattr(owner, name), number)
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, failing)
            done = again(base)
        if isinstance(done, str):
            assert done.endswith("No version has changed.")
            assert content(base) == before
            failed += 1
            continue
        # That many calls, or one that nothing depends on: a folder that is there, or the sync of a folder.
        assert content(done) == content(base / "1") | {version_info.LINEAGE: b"put back"}
        shutil.rmtree(done)
        if failing.calls < number:
            break
    # Files: 7. Folders: the hidden one and 3 in it. Synced: each file. Renamed: once.
    assert failed == {"copyfile": 7, "mkdir": 4, "fsync": 7, "rename": 1}[name]


@given(st.sets(st.integers(1, 40), max_size=8), st.integers(1, 9))
def test_the_newest_are_kept(tmp_path_factory: pytest.TempPathFactory, there: set[int], keep: int) -> None:
    base = tmp_path_factory.mktemp("models")
    for name in [*map(str, there), "latest"]:
        (base / name).mkdir()
    prune(base, keep)
    assert list(versions(base)) == sorted(there)[-keep:]
    assert sorted(path.name for path in base.iterdir() if not path.name.isdigit()) == ["latest"]


@pytest.mark.parametrize(("module", "name"), [("os", "rename"), ("os", "unlink"), ("os", "rmdir")])
def test_a_removal_that_fails_is_none_of_the_pushs_and_is_made_by_the_next_one(
    module: str, name: str, base: Path, model: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    newest = content(base / "3")
    owner = sys.modules[module]
    for number in range(1, 8):
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, Failing(getattr(owner, name), number))
            prune(base, 1)
        assert all(len(content(folder)) == 7 for folder in versions(base).values())
        assert content(base / "3") == newest
    assert "could not be removed from" in caplog.text
    push(model, base)
    prune(base, 1)
    assert [path.name for path in base.iterdir()] == ["4"]


def test_no_folder_has_no_versions(tmp_path: Path) -> None:
    assert versions(tmp_path / "none") == {}
    prune(tmp_path / "none", 1)
    assert not (tmp_path / "none").exists()


def test_versions_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("10", "9", "100", "²", "1a", ".pushing-11"):
        (tmp_path / name).mkdir()
    assert versions(tmp_path) == {number: tmp_path / str(number) for number in (9, 10, 100)}
    assert list(versions(tmp_path)) == [9, 10, 100]


def test_equal_models_are_told_by_every_byte_but_of_what_may_differ(base: Path) -> None:
    model, other = base / "1", base / "2"
    assert not equal(model, other, but=version_info.INFO_FILES)
    (other / "saved_model.pb").write_bytes(b"1")
    assert equal(model, other, but=version_info.INFO_FILES)
    assert not equal(model, other, but=())
    # The same size, and the same time.
    (other / "saved_model.pb").write_bytes(b"x")
    os.utime(other / "saved_model.pb", ns=(0, (model / "saved_model.pb").stat().st_mtime_ns))
    assert not equal(model, other, but=version_info.INFO_FILES)
    (other / "saved_model.pb").write_bytes(b"1")
    (other / "more").write_bytes(b"")
    assert not equal(model, other, but=version_info.INFO_FILES)
    assert not equal(other, model, but=version_info.INFO_FILES)
