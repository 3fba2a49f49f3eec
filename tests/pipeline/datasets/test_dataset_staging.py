"""Whole or not at all, and never over somebody's own files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from widedeep.components.common.errors import ConfigError, DataError
from widedeep.pipeline.datasets import prepare
from widedeep.pipeline.datasets.files import describe, split_path
from widedeep.pipeline.datasets.staging import MARKER, stage


def write(out: Path, content: str = "1") -> None:
    with stage("toy", out) as staging:
        path = split_path(staging.folder, "train", "csv")
        path.write_text(content, encoding="utf-8")
        staging.splits = {"train": describe(path, [1, 0, 0, 0])}
    split = staging.summary().splits["train"]
    assert (split.path, split.rows, split.label_rate) == (out / "train" / "data.csv", 4, 0.25)


def crash(out: Path) -> None:
    with stage("toy", out) as staging:
        split_path(staging.folder, "train", "csv").write_text("half", encoding="utf-8")
        raise RuntimeError


def tree(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


WRITTEN = ["out", f"out/{MARKER}", "out/train", "out/train/data.csv"]


@pytest.mark.parametrize("before", ["absent", "empty", "ours"])
def test_writes_to_a_new_an_empty_or_its_own_folder(before: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    if before == "empty":
        out.mkdir()
    if before == "ours":
        write(out, "old")
    write(out, "new")
    assert (out / "train" / "data.csv").read_text(encoding="utf-8") == "new"
    assert tree(tmp_path) == WRITTEN


def test_a_crash_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        crash(tmp_path / "out")
    assert tree(tmp_path) == []


def test_a_crash_leaves_the_earlier_data_set(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, "old")
    with pytest.raises(RuntimeError):
        crash(out)
    assert (out / "train" / "data.csv").read_text(encoding="utf-8") == "old"
    assert tree(tmp_path) == WRITTEN


def test_a_failed_swap_puts_the_earlier_data_set_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    write(out, "old")
    replace = os.replace

    def fail_for_new(source: Path, target: Path) -> None:
        if source.suffix == ".tmp":
            raise OSError("disk gone")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail_for_new)
    with pytest.raises(DataError, match="disk gone"):
        write(out, "new")
    assert (out / "train" / "data.csv").read_text(encoding="utf-8") == "old"
    assert tree(tmp_path) == WRITTEN


def refusal(out: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        prepare("taxi", out)
    return str(caught.value)


def test_refuses_a_folder_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    assert refusal(tmp_path) == (
        f"--out '{tmp_path}' holds files that are not a data set of widedeep, such as 'notes.txt'; "
        "nothing was written. Name a new or empty folder, or move them away."
    )
    assert tree(tmp_path) == ["notes.txt"]


def test_refuses_its_own_folder_with_a_foreign_file(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, "old")
    (out / "train" / "mine.csv").write_text("mine", encoding="utf-8")
    assert "such as 'train/mine.csv'; nothing was written" in refusal(out)
    assert (out / "train" / "mine.csv").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"entries": null}', '{"entries": []}'])
def test_a_broken_marker_is_not_ours(content: str, tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text(content, encoding="utf-8")
    assert f"such as '{MARKER}'" in refusal(tmp_path)


def test_refuses_a_file(tmp_path: Path) -> None:
    out = tmp_path / "data.csv"
    out.write_text("mine", encoding="utf-8")
    assert refusal(out) == f"--out '{out}' is a file. Name a new or empty folder."
    assert out.read_text(encoding="utf-8") == "mine"


def test_refuses_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert refusal(Path()) == (
        "--out '.' is a mount point or holds the current folder, so it can't be replaced. Name a new folder inside it."
    )


def test_a_folder_that_cant_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    out = tmp_path / "file" / "out"
    with pytest.raises(DataError) as caught:
        write(out)
    assert str(caught.value).startswith(f"can't write the data set to '{out}': ")
    assert str(caught.value).endswith("Choose a folder that you may write to, on a disk with room.")


def test_an_empty_split_is_an_error(tmp_path: Path) -> None:
    path = split_path(tmp_path, "eval", "csv")
    with pytest.raises(DataError, match="no row fell into the split 'eval'"):
        describe(path, [])
