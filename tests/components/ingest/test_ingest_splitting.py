"""Which split each row goes to: by a value's hash, by a time."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.common.errors import DataError
from widedeep.components.ingest.scalars import BadValueError
from widedeep.components.ingest.splitting.time_cuts import TimeCuts

SHARES = {"train": 6, "eval": 2, "test": 2}
DAYS = {"column": "day", "train": "2024-01-01", "eval": "2024-01-03", "test": "2024-01-04"}


def users_of(examples: list[bytes]) -> list[str]:
    parsed = (tf.train.Example.FromString(row).features.feature["user"].bytes_list.value for row in examples)
    return [values[0].decode() if values else "" for values in parsed]


def expected_split(value: bytes) -> str:
    """TFX's law: the hash modulo the sum of the shares, which follow each other."""
    bucket = int(hashlib.sha256(value).hexdigest(), 16) % 10
    return "train" if bucket < 6 else "eval" if bucket < 8 else "test"


def table(count: int) -> pa.Table:
    return pa.table(
        {
            "user": [f"u{n % 40}" for n in range(count)],
            "tags": [["a"]] * count,
            "age": [float(n) for n in range(count)],
            "label": [n % 2 for n in range(count)],
            "session": [n % 25 for n in range(count)],
        }
    )


@pytest.mark.parametrize("column", ["user", "session"])
def test_rows_of_one_value_fall_into_one_split(ingest: Any, column: str) -> None:
    """By a column that is declared, and by one that is not; whatever the rows hold beside it."""
    ingest.put("a.parquet", table(200))
    written = ingest({"all": "*"}, SHARES, hash_by=column)
    rows = [(name, row) for name, examples in written.items() for row in examples]
    assert len(rows) == 200
    for name, row in rows:
        example = tf.train.Example.FromString(row).features.feature
        number = int(example["age"].float_list.value[0])
        value = f"u{number % 40}" if column == "user" else str(number % 25)
        assert expected_split(value.encode()) == name
    assert ingest.content.by_hash
    assert not ingest.content.by_time


def test_a_value_has_the_same_split_in_every_format(ingest: Any) -> None:
    folder = ingest.folder / "in"
    ingest.put("a.parquet", table(100))
    by_parquet = ingest({"all": "a.parquet"}, SHARES, hash_by="session")
    lines = [f"u{n % 40},a,{n},{n % 2},{n % 25}\n" for n in range(100)]
    (folder / "a.csv").write_text("user,tags,age,label,session\n" + "".join(lines))
    assert ingest({"all": "a.csv"}, SHARES, file_format="csv", hash_by="session") == by_parquet


def test_rows_without_the_value_are_spread_by_their_content(ingest: Any) -> None:
    rows = table(300).set_column(0, "user", pa.array([None if n % 2 else "u" for n in range(300)]))
    ingest.put("a.parquet", rows)
    written = ingest({"all": "*"}, SHARES, hash_by="user")
    assert {name for name, examples in written.items() if "u" in users_of(examples)} == {expected_split(b"u")}
    for name, examples in written.items():
        assert all(
            expected_split(row) == name for row, user in zip(examples, users_of(examples), strict=True) if not user
        )
        assert "" in users_of(examples)
    assert [file.keyless for file in ingest.content.files] == [150]


def test_a_column_that_no_row_has(ingest: Any) -> None:
    ingest.put("a.parquet", table(3))
    with pytest.raises(DataError) as caught:
        ingest({"all": "*"}, SHARES, hash_by="sesion")
    assert str(caught.value) == (
        f"{ingest.folder}/in/a.parquet: there is no column 'sesion', which data.hash_by names: did you mean 'session'?"
    )
    (ingest.folder / "in" / "a.jsonl").write_text('{"user": "u", "label": 1}\n')
    with pytest.raises(DataError) as caught:
        ingest({"all": "a.jsonl"}, SHARES, file_format="jsonl", hash_by="sesion")
    assert str(caught.value) == (
        f"{ingest.folder}/in/a.jsonl: no row has a value of the column that data.hash_by names. Is it called otherwise?"
    )


def test_a_value_that_is_no_name(ingest: Any) -> None:
    ingest.put("a.parquet", table(3))
    with pytest.raises(DataError, match=r"a\.parquet: column 'age' is of type double, but a category is text or a"):
        ingest({"all": "*"}, SHARES, hash_by="age")


def test_splits_follow_each_other_in_time(ingest: Any) -> None:
    """A start is the first of its split; what is before the first is left out, and counted."""
    times = ["2023-12-31", "2024-01-01", "2024-01-02", "2024-01-02", "2024-01-03", "2024-01-04", "2025-01-01"]
    rows = table(7).append_column("day", pa.array(times))
    ingest.put("a.parquet", rows.take(pa.array([6, 2, 0, 5, 1, 4, 3])))
    ingest.put("b.parquet", rows.slice(0, 1))
    shares = dict.fromkeys(("train", "eval", "test"), 1)
    written = ingest({"all": "*"}, shares, split_by_time=DAYS)
    assert {name: sorted(users_of(examples)) for name, examples in written.items()} == {
        "train": ["u1", "u2", "u3"],
        "eval": ["u4"],
        "test": ["u5", "u6"],
    }
    read = ingest.content
    assert (read.by_hash, read.by_time) == (False, True)
    assert [(Path(file.path).name, file.rows, file.left_out) for file in read.files] == [
        ("a.parquet", 6, 1),
        ("b.parquet", 0, 1),
    ]
    assert (read.files[0].first[1], read.files[0].last[1]) == ("2023-12-31", "2025-01-01")


def test_a_folder_may_hold_the_time(ingest: Any) -> None:
    for day in range(1, 5):
        ingest.put(f"day=2024-01-{day:02}/a.parquet", table(4).slice(day - 1, 1))
    shares = dict.fromkeys(("train", "eval", "test"), 1)
    written = ingest({"all": "*/*"}, shares, split_by_time=DAYS)
    assert {name: users_of(examples) for name, examples in written.items()} == {
        "train": ["u0", "u1"],
        "eval": ["u2"],
        "test": ["u3"],
    }


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (
            ["2024-01-01", "2024-01-02"],
            "the split 'eval' is empty: no row fell into it. The times go from 2024-01-01 to 2024-01-02: set the "
            "starts of data.split_by_time within them.",
        ),
        (
            ["2023-01-01", "2023-01-02"],
            "the split 'train' is empty: no row fell into it. The times go from 2023-01-01 to 2023-01-02: set the "
            "starts of data.split_by_time within them.",
        ),
        (
            ["2024-01-01", "1704067200"],
            "FILE, row 2, column 'day': '1704067200' is no date or time as 2024-02-01 or 2024-02-01 10:30:00.",
        ),
        (
            ["2024-01-01", None],
            "FILE, row 2, column 'day': the value is missing: a row's split is told by its time.",
        ),
    ],
)
def test_times_that_can_not_be(ingest: Any, days: list[Any], text: str) -> None:
    ingest.put("a.parquet", table(2).append_column("day", pa.array(days)))
    with pytest.raises(DataError) as caught:
        ingest({"all": "*"}, dict.fromkeys(("train", "eval", "test"), 1), split_by_time=DAYS)
    assert str(caught.value) == text.replace("FILE", f"{ingest.folder}/in/a.parquet")


ISO = {"column": "ts", "train": "2024-01-01", "eval": "2024-01-01 10:30:00"}
NUMBERS = {"column": "ts", "train": "10", "eval": "20.5"}
MOMENTS = [datetime(2023, 12, 31, 23, 59, 59), datetime(2024, 1, 1), datetime(2024, 1, 1, 10, 30)]


@pytest.mark.parametrize(
    ("settings", "column"),
    [
        (ISO, ["2023-12-31 23:59:59", "2024-01-01", "2024-01-01T10:30:00"]),
        (ISO, ["2023-12-31T23:59:59.999999Z", "2024-01-01T01:00+01:00", "2024-01-01 10:30:00.5 UTC"]),
        (ISO, ["2024-01-01T00:59:59+01:00", "2023-12-31T23:00:00-01:00", "2024-01-01 10:30:00 UTC"]),
        (ISO, [b"2023-12-31", b"2024-01-01 10:29:59", b"2024-02-01"]),
        (ISO, pa.array(MOMENTS, pa.timestamp("s"))),
        (ISO, pa.array(MOMENTS, pa.timestamp("ns"))),
        (ISO, pa.array([moment.replace(tzinfo=UTC) for moment in MOMENTS], pa.timestamp("ms", "Asia/Tokyo"))),
        (ISO, pa.array([date(2023, 12, 31), date(2024, 1, 1), date(2024, 1, 2)], pa.date32())),
        (ISO, pa.array(["2023-12-31", "2024-01-01", "2024-01-02"]).dictionary_encode()),
        (ISO, [["2023-12-31"], ["2024-01-01"], ["2024-01-02"]]),
        (NUMBERS, [9, 10, 21]),
        (NUMBERS, [9.9, 20.4, 20.5]),
        (NUMBERS, ["9", " 10 ", "1e3"]),
        (NUMBERS, [[9], [10], [21]]),
        (NUMBERS, pa.array([9, 10, 21], pa.uint8())),
    ],
)
def test_ways_to_write_times(settings: dict[str, str], column: Any) -> None:
    splits, _ = TimeCuts.of(settings).splits(column if isinstance(column, pa.Array) else pa.array(column))
    assert splits.tolist() == [-1, 0, 1]


NO_TIME = "is no date or time as 2024-02-01 or 2024-02-01 10:30:00"
MISSING = "is missing: a row's split is told by its time"


@pytest.mark.parametrize(
    ("settings", "column", "row", "fault"),
    [
        (ISO, ["2024-01-01", "yesterday"], 1, NO_TIME),
        (ISO, [20240101, 20240102], 0, NO_TIME),
        (ISO, ["20240101"], 0, NO_TIME),
        (ISO, ["2024-01-01", ""], 1, MISSING),
        (NUMBERS, ["10", "2024-01-01"], 1, "is not a number"),
        (NUMBERS, [10, None], 1, MISSING),
    ],
)
def test_times_that_are_not_written_as_the_starts(
    settings: dict[str, str], column: list[Any], row: int, fault: str
) -> None:
    with pytest.raises(BadValueError) as caught:
        TimeCuts.of(settings).splits(pa.array(column))
    assert (caught.value.index, caught.value.fault) == (row, fault)


@given(
    starts=st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=5, unique=True),
    times=st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=20),
)
def test_each_time_has_the_split_of_the_last_start_before_it(starts: list[int], times: list[int]) -> None:
    """In whatever order the starts are given."""
    cuts = TimeCuts.of({"column": "ts", **{f"s{number}": str(start) for number, start in enumerate(starts)}})
    splits, _ = cuts.splits(pa.array(times))
    names = [list(cuts.starts)[split] if split >= 0 else None for split in splits]
    for time, name in zip(times, names, strict=True):
        reached = [start for start in starts if start <= time]
        assert name == (f"s{starts.index(max(reached))}" if reached else None)
