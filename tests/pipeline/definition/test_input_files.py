"""The raw files that a pipeline reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.definition.data_options import DataOptions
from widedeep.pipeline.definition.input_files import input_bytes, input_files


def data(folder: Path, **options: object) -> DataOptions:
    splits = {"train": "day-{SPAN}/train-{VERSION}/*", "eval": "day-{SPAN}/eval-{VERSION}/*"}
    return DataOptions.model_validate({"path": str(folder), "format": "csv", "splits": splits, **options})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = ("day-1/train-1/a.csv", "day-2/train-1/a.csv", "day-2/train-2/b.csv", "day-1/eval-1/a.csv", "served/a.csv")
    for size, name in enumerate(names, 1):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(bytes(size))
    return tmp_path


def test_the_files_of_all_spans_and_versions_count(folder: Path) -> None:
    names = [str(Path(path).relative_to(folder)) for path in input_files(data(folder))]
    assert names == ["day-1/train-1/a.csv", "day-2/train-1/a.csv", "day-2/train-2/b.csv", "day-1/eval-1/a.csv"]
    assert input_bytes(data(folder)) == 1 + 2 + 3 + 4


def test_what_a_server_was_asked_for_counts_too(folder: Path) -> None:
    assert input_files(data(folder, serving="served/*"))[-1] == str(folder / "served" / "a.csv")
    assert input_bytes(data(folder, serving="served/*")) == 1 + 2 + 3 + 4 + 5


def test_a_pattern_without_a_file_is_named(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"asked/\*: matches no file"):
        input_files(data(folder, serving="asked/*"))


def test_the_files_of_days_count(tmp_path: Path) -> None:
    for day in ("2026-01-02", "2026-01-03"):
        (tmp_path / day).mkdir()
        (tmp_path / day / "a.csv").write_bytes(b"123")
    days = {"train": "{YYYY}-{MM}-{DD}/*", "eval": "{YYYY}-{MM}-{DD}/a*"}
    assert input_bytes(data(tmp_path, splits=days)) == 12


def test_the_folder_is_taken_literally(tmp_path: Path) -> None:
    for name in ("rows [v2]*?", "rows v2xy", "rows 2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.csv").write_bytes(b"1")
    folder = tmp_path / "rows [v2]*?"
    splits = {"train": "*", "eval": "a*"}
    assert input_files(data(folder, splits=splits)) == [str(folder / "a.csv")] * 2
    with pytest.raises(ConfigError) as caught:
        input_files(data(folder, splits={"train": "b*", "eval": "a*"}))
    assert str(caught.value).startswith(f"{folder}/b*: matches no file.")


def test_a_file_where_a_folder_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_text("x")
    with pytest.raises(ConfigError) as caught:
        input_files(data(tmp_path / "all.csv"))
    assert str(caught.value) == (
        f"data.path: {tmp_path}/all.csv is a file, and a folder is wanted: write {tmp_path}, and name the file in "
        "data.pattern beside data.hash_split, or in data.splits: all.csv"
    )
    with pytest.raises(ConfigError, match=r"data\.path: there is no folder .*/none\."):
        input_files(data(tmp_path / "none"))
