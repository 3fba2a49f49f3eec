"""MovieLens cut and grown: no row is lost, none is twice, and copies share nothing but their context."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.harness.data_steps import SPLITS
from benchmarks.harness.movielens_splits import at_random, first_rows, renamed, repeated

SIZES = {"train": 40, "eval": 7, "test": 3}


def _table(rows: range) -> pa.Table:
    return pa.table(
        {
            "user_id": [str(row % 5) for row in rows],
            "movie_id": [str(row) for row in rows],
            "history": [[str(seen) for seen in range(row - row % 3, row)] for row in rows],
            "label": [row % 2 for row in rows],
        }
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    start = 0
    for split, size in SIZES.items():
        folder = tmp_path / "source" / split
        folder.mkdir(parents=True)
        pq.write_table(_table(range(start, start + size)), folder / "data.parquet")
        start += size
    return tmp_path / "source"


def _rows(folder: Path) -> list[tuple[str, str, tuple[str, ...], int]]:
    table = pq.read_table(folder).to_pydict()
    return [
        (user, movie, tuple(history), label)
        for user, movie, history, label in zip(*(table[name] for name in table), strict=True)
    ]


def _all(folder: Path) -> list[tuple[str, str, tuple[str, ...], int]]:
    return [row for split in SPLITS for row in _rows(folder / split)]


def test_a_random_split_holds_every_row_once_in_parts_of_eight_one_and_one_tenths(source: Path, tmp_path: Path) -> None:
    made = at_random(source, tmp_path / "made")
    assert {split: len(_rows(made / split)) for split in SPLITS} == {"train": 40, "eval": 5, "test": 5}
    assert Counter(_all(made)) == Counter(_all(source))


def test_a_random_split_is_by_chance_and_the_same_each_time(source: Path, tmp_path: Path) -> None:
    first, second = at_random(source, tmp_path / "first"), at_random(source, tmp_path / "second")
    assert _rows(first / "train") == _rows(second / "train")
    # All of the old train rows in the new one: 1 in 50 over 40.
    assert set(_rows(first / "train")) != set(_rows(source / "train"))


def test_repeated_rows_are_as_many_as_asked_for_in_a_file_a_copy(source: Path, tmp_path: Path) -> None:
    made = repeated(source, tmp_path / "made", 120)
    names = ["copy-000.parquet", "copy-001.parquet", "copy-002.parquet"]
    assert {split: sorted(file.name for file in (made / split).iterdir()) for split in SPLITS} == dict.fromkeys(
        SPLITS, names
    )
    # 50 + 50 + 20, each 8 : 1 : 1.
    assert {split: len(_rows(made / split)) for split in SPLITS} == {"train": 96, "eval": 12, "test": 12}


def test_copies_have_users_and_movies_of_their_own(source: Path, tmp_path: Path) -> None:
    made = repeated(source, tmp_path / "made", 100)
    rows = _all(made)
    by_copy = {
        copy: {
            (
                user.removesuffix(copy),
                movie.removesuffix(copy),
                tuple(seen.removesuffix(copy) for seen in history),
                label,
            )
            for user, movie, history, label in rows
            if user.endswith(copy) and movie.endswith(copy) and all(seen.endswith(copy) for seen in history)
        }
        for copy in ("-0", "-1")
    }
    whole = set(_all(source))
    assert by_copy == {"-0": whole, "-1": whole}


def test_a_slice_keeps_its_own_histories() -> None:
    table = renamed(_table(range(10)).slice(7, 2), "+")
    assert table.to_pylist() == [
        {"user_id": "2+", "movie_id": "7+", "history": ["6+"], "label": 1},
        {"user_id": "3+", "movie_id": "8+", "history": ["6+", "7+"], "label": 0},
    ]


def test_the_first_rows_of_each_split_are_written_apart_or_all_stay_where_they_are(
    source: Path, tmp_path: Path
) -> None:
    assert first_rows(source, tmp_path / "made", None) == source
    made = first_rows(source, tmp_path / "made", 3)
    assert {split: _rows(made / split) for split in SPLITS} == {split: _rows(source / split)[:3] for split in SPLITS}
