"""How a column writes times, and where their clock is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

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
