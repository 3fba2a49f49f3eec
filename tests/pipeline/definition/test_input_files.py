"""The raw files that a pipeline reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.definition.data_options import DataOptions
from widedeep.pipeline.definition.input_files import input_bytes, input_files


def data(folder: Path, **options: object) -> DataOptions:
    splits = {"train": "day-{SPAN}/train-{VERSION}/*", "eval": "{YYYY}-{MM}-{DD}/*"}
    return DataOptions.model_validate({"path": str(folder), "format": "csv", "splits": splits, **options})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = ("day-1/train-1/a.csv", "day-2/train-1/a.csv", "day-2/train-2/b.csv", "2026-01-02/a.csv", "served/a.csv")
    for size, name in enumerate(names, 1):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(bytes(size))
    return tmp_path


def test_the_files_of_all_spans_and_versions_count(folder: Path) -> None:
    names = [str(Path(path).relative_to(folder)) for path in input_files(data(folder))]
    assert names == ["day-1/train-1/a.csv", "day-2/train-1/a.csv", "day-2/train-2/b.csv", "2026-01-02/a.csv"]
    assert input_bytes(data(folder)) == 1 + 2 + 3 + 4


def test_what_a_server_was_asked_for_counts_too(folder: Path) -> None:
    assert input_files(data(folder, serving="served/*"))[-1] == str(folder / "served" / "a.csv")
    assert input_bytes(data(folder, serving="served/*")) == 1 + 2 + 3 + 4 + 5


def test_a_pattern_without_a_file_is_named(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"asked/\*: matches no file"):
        input_files(data(folder, serving="asked/*"))
