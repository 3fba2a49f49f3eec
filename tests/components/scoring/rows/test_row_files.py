"""The files that are meant by names, and their format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.components.scoring.rows.row_files import format_of, row_files


def test_a_file_a_folder_and_a_pattern(write: Callable[..., str], tmp_path: Path) -> None:
    names = ["d/b.csv", "d/a.csv", "d/day=1/c.csv", "d/_SUCCESS", "d/.hidden/x.csv", "[1].csv"]
    paths = {name: write(name, "") for name in names}
    assert row_files([paths["[1].csv"]]) == [paths["[1].csv"]]
    in_folder = [paths[name] for name in ("d/a.csv", "d/b.csv", "d/day=1/c.csv")]
    assert row_files([str(tmp_path / "d")]) == in_folder
    assert row_files([str(tmp_path / "d" / "*.csv")]) == in_folder[:2]
    # What is named twice is scored once.
    assert row_files([paths["d/b.csv"], str(tmp_path / "d" / "?.csv")]) == [paths["d/b.csv"], paths["d/a.csv"]]


def test_a_folder_that_is_hidden_itself_is_meant(write: Callable[..., str], tmp_path: Path) -> None:
    path = write("_out/a.csv", "")
    assert row_files([str(tmp_path / "_out")]) == [path]


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^DATA no/such.csv: there is no such file.$"):
        row_files(["no/such.csv"])
    with pytest.raises(ConfigError, match="holds no file of rows"):
        row_files([str(tmp_path)])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", "csv"),
        ("a.CSV.gz", "csv"),
        ("a.b.parquet", "parquet"),
        ("a.tfrecord.gz", "tfrecord"),
        ("a.ndjson", "jsonl"),
    ],
)
def test_the_format_is_by_the_ending(name: str, expected: str) -> None:
    assert format_of([name]) == expected


def test_a_name_that_says_nothing_and_two_formats() -> None:
    with pytest.raises(ConfigError, match=r"^DATA rows.txt: the name's ending doesn't say what it is: .csv,"):
        format_of(["rows.txt"])
    with pytest.raises(ConfigError, match=r"^DATA: holds several formats: a.csv is csv, b.parquet is parquet."):
        format_of(["a.csv", "b.parquet"])
