"""How a column writes times, and where their clock is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from widedeep.pipeline.drafting.reading.counts import Counts, plain
from widedeep.pipeline.drafting.reading.times import UNITS, parts, seconds, time_format, zone_of

MOMENTS = [datetime(2026, 1, day, 3 * day, 30, tzinfo=UTC) for day in range(1, 8)]
SECONDS = [moment.timestamp() for moment in MOMENTS]


def read(values: Any) -> tuple[Counts, pa.Array]:
    raw = values if isinstance(values, pa.Array) else pa.array(values)
    counts, column = Counts(), plain(raw)
    counts.add(raw, column)
    return counts, column


@pytest.mark.parametrize(("scale", "unit"), [(1, None), (1000, "ms"), (10**6, "us"), (10**9, "ns")])
def test_numbers_since_1970_where_the_name_says_a_time(scale: int, unit: str | None) -> None:
    counts, column = read([int(moment) * scale for moment in SECONDS])
    form = time_format("created_at", counts, column, wanted=False)
    assert form is not None
    assert UNITS.get(form) == unit
    assert seconds(column, form).tolist() == SECONDS
    assert parts(seconds(column, form)) == ("hour", "weekday")
    assert time_format("price", counts, column, wanted=False) is None


def test_days_whatever_the_name() -> None:
    counts, column = read([int(f"{moment:%Y%m%d}") for moment in MOMENTS])
    form = time_format("bought", counts, column, wanted=False)
    assert form is not None
    assert UNITS[form] == "yyyymmdd"
    assert seconds(column, form).tolist() == [moment.replace(hour=0, minute=0).timestamp() for moment in MOMENTS]
    assert parts(seconds(column, form)) == ("weekday",)


def test_numbers_of_eight_digits_that_are_no_days() -> None:
    counts, column = read([20261129, 20261130, 20261131, 20260101, 20260102])
    assert time_format("bought", counts, column, wanted=False) is None
    # A few by chance.
    counts, column = read([20261129, 20261130])
    assert time_format("code", counts, column, wanted=False) is None
    assert time_format("day", counts, column, wanted=False) is not None


FORMATS = {
    "yymmddhh": "%y%m%d%H",
    "yyyymmddhh": "%Y%m%d%H",
    "yyyymmddhhmm": "%Y%m%d%H%M",
    "yyyymmddhhmmss": "%Y%m%d%H%M%S",
    "yymmdd": "%y%m%d",
}
# The years that are told of dates with two digits of it, and of numbers since 1970.
moments = st.lists(st.datetimes(datetime(2000, 1, 1), datetime(2068, 12, 31)), min_size=8, unique=True)


@given(st.sampled_from(sorted(FORMATS)), moments)
def test_dates_and_hours_where_the_name_says_a_time(unit: str, of_rows: list[datetime]) -> None:
    written = sorted({int(moment.strftime(FORMATS[unit])) for moment in of_rows})
    read_back = [datetime.strptime(f"{number:0{len(unit)}d}", FORMATS[unit]) for number in written]
    assume(len(written) >= 8)
    counts, column = read(written)
    form = time_format("hour", counts, column, wanted=False)
    assert form is not None
    # Eight digits may be a day of 2001 to 2012 as well.
    days = unit == "yymmddhh" and UNITS[form] == "yyyymmdd"
    assert days or UNITS[form] == unit
    if not days:
        assert seconds(column, form).tolist() == [moment.replace(tzinfo=UTC).timestamp() for moment in read_back]


@given(st.integers(1, 10**15), st.integers(1, 400), st.sampled_from(["price", "amount", "c7"]))
def test_numbers_one_behind_the_other_are_no_times(first: int, count: int, name: str) -> None:
    """Whatever they begin with: that all are hours of one day is no chance, and says nothing."""
    counts, column = read(list(range(first, first + count)))
    form = time_format(name, counts, column, wanted=False)
    # But for days with the whole year, of which a month may be: nothing else is written so.
    assert form is None or (UNITS[form] == "yyyymmdd" and count <= 31)


@given(st.lists(st.integers(0, 10**15) | st.integers(19_000_000, 21_010_000), min_size=1, max_size=60))
def test_ids_are_no_times_whatever_they_are(numbers: list[int]) -> None:
    counts, column = read(numbers)
    for name in ("id", "user_id", "zip", "itemId", "product code"):
        assert time_format(name, counts, column, wanted=False) is None


def test_hours_tell_themselves_where_they_spread() -> None:
    """A hundred hours of ten days: of the numbers between them 24 in 100 are hours, so chance is out."""
    hours = [141021_00 + 100 * day + hour for day in range(10) for hour in range(0, 24, 3)]
    counts, column = read(hours)
    form = time_format("c3", counts, column, wanted=False)
    assert form is not None
    assert UNITS[form] == "yymmddhh"
    assert parts(seconds(column, form)) == ("hour", "weekday")
    # Two of one day may be anything.
    counts, column = read(hours[:2])
    assert time_format("c3", counts, column, wanted=False) is None
    assert time_format("c3", counts, column, wanted=True) == form
    # An hour that no day has.
    counts, column = read([*hours, 141021_24])
    assert time_format("hour", counts, column, wanted=False) is None


def test_days_of_six_digits_only_where_the_name_says_so() -> None:
    days = [241129, 241130, 241201, 241202, 241203]
    counts, column = read(days)
    assert time_format("bought", counts, column, wanted=False) is None
    form = time_format("day", counts, column, wanted=False)
    assert form is not None
    assert UNITS[form] == "yymmdd"
    # Of two centuries the later one would come first, where rows are cut by these numbers.
    counts, column = read([*days, 991231])
    assert time_format("day", counts, column, wanted=True) is None


@pytest.mark.parametrize(
    ("values", "zone"),
    [
        (["2026-01-01T08:00:00+02:00", "2026-01-02T08:00:00+02:00"], "Etc/GMT-2"),
        (["2026-01-01 08:00:00.5 -0800"], "Etc/GMT+8"),
        (["2026-01-01T08:00:00+05:30"], None),
        (["2026-01-01T08:00:00+01:00", "2026-07-01T08:00:00+02:00"], None),
        (["2026-01-01T08:00:00+00:00"], None),
        (["2026-01-01T08:00:00Z"], None),
        (["2026-01-01 08:00:00"], None),
        (["2026-01-01"], None),
        (pa.array(MOMENTS, pa.timestamp("us", "Europe/Berlin")), "Europe/Berlin"),
        (pa.array(MOMENTS, pa.timestamp("us", "UTC")), None),
        (pa.array(MOMENTS, pa.timestamp("us", "+02:00")), None),
    ],
)
def test_zones(values: Any, zone: str | None) -> None:
    counts, column = read(values)
    form = time_format("at", counts, column, wanted=False)
    assert form is not None
    assert zone_of(counts, column, form) == zone
