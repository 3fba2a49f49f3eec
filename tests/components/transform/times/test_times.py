"""The parts of times in the graph, against Python's datetime and zoneinfo, daylight saving time and all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from widedeep.components.features.spec import FeatureSpec
from widedeep.components.transform.times.time_parts import time_parts
from widedeep.components.transform.times.zones import zone_table

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# With daylight saving time, in both hemispheres, none, of half an hour, in Ramadan, at the date line, at both ends.
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Europe/Dublin",
    "America/Nuuk",
]
CALENDAR = ["hour", "weekday", "day", "month"]


def parts(seconds: list[float | None], zone: str | None = None, unit: str = "s", **more: Any) -> dict[str, np.ndarray]:
    feature = {"key": "t", "kind": "time", "side": "context", "unit": unit, "wide": True, "parts": CALENDAR}
    time = feature | ({"zone": zone} if zone else {}) | more
    other = {"key": "o", "kind": "time", "side": "context", "wide": True, "parts": ["day"]}
    spec = FeatureSpec.model_validate({"label": {"key": "y"}, "features": [time, other]})
    raw = column("t", seconds) | column("o", [10.5] * len(seconds))
    return {key: values.numpy() for key, values in time_parts(spec, raw).items()}


def column(key: str, numbers: list[float | None]) -> dict[str, tf.SparseTensor]:
    """As examples hold it."""
    there = [[row, 0] for row, number in enumerate(numbers) if number is not None]
    values = np.array([number for number in numbers if number is not None], np.float64)
    narrow = values.astype(np.float32)
    shape = [len(numbers), 1]
    indices = np.array(there, np.int64).reshape(-1, 2)
    return {
        key: tf.SparseTensor(indices, narrow, shape),
        f"{key}_rest": tf.SparseTensor(indices, (values - narrow).astype(np.float32), shape),
    }


def expected(second: int, zone: str | None) -> list[int]:
    local = (EPOCH + timedelta(seconds=second)).astimezone(ZoneInfo(zone) if zone else UTC)
    return [local.hour, local.weekday(), local.day, local.month]


# The years that Python has, but for the days that a zone may move out of them.
SECONDS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.just(UTC)).map(
    lambda moment: (moment - EPOCH) // timedelta(seconds=1)
)


@given(st.lists(SECONDS | st.integers(0, 2**31), min_size=1, max_size=20), st.sampled_from([None, *ZONES]))
@example([951_782_399, 951_782_400, 4_107_542_399, 4_107_542_400], None)
def test_clock_and_calendar_are_those_of_python(seconds: list[int], zone: str | None) -> None:
    columns = parts([float(second) for second in seconds], zone)
    table = np.stack([columns[f"t_{part}"] for part in CALENDAR], axis=1)
    assert table.tolist() == [expected(second, zone) for second in seconds]


@pytest.mark.parametrize("zone", ZONES)
def test_every_change_of_a_clock_is_at_its_second(zone: str) -> None:
    table = zone_table(zone)
    assert len(table.changes) > 1
    around = [int(change) + step for change in table.changes for step in (-1, 0, 1)]
    columns = parts([float(second) for second in around], zone)
    table = np.stack([columns[f"t_{part}"] for part in CALENDAR], axis=1)
    assert table.tolist() == [expected(second, zone) for second in around]


@settings(max_examples=20)
@given(st.sampled_from(sorted(available_timezones() - {"localtime"})), st.lists(SECONDS, min_size=5, max_size=20))
def test_every_zone_has_its_table(zone: str, seconds: list[int]) -> None:
    hours = parts([float(second) for second in seconds], zone)["t_hour"]
    assert hours.tolist() == [expected(second, zone)[0] for second in seconds]


@pytest.mark.parametrize(("unit", "per_second"), [("ms", 1e3), ("us", 1e6)])
def test_units(unit: str, per_second: float) -> None:
    second = 1_709_231_399
    columns = parts([second * per_second, (second + 1) * per_second - 1], "Europe/Berlin", unit)
    assert columns["t_hour"].tolist() == [19, 19]


def test_missing_times_have_no_parts() -> None:
    columns = parts([None, 0.0], parts={"hour": {}, "age": {"since": "o", "transform": {"log": {}}, "deep": {}}})
    assert np.isnan(columns["t_hour"]).tolist() == [True, False]
    assert np.isnan(columns["t_age"]).tolist() == [True, False]


@pytest.mark.parametrize(("unit", "per_second"), [("s", 1), ("ms", 1000)])
def test_seconds_since_another_time_whatever_the_units(unit: str, per_second: int) -> None:
    age = {"since": "o", "transform": {"log": {}}, "deep": {}}
    columns = parts([1_700_000_000.25 * per_second, 0.0], unit=unit, parts={"age": age})
    np.testing.assert_allclose(columns["t_age"], [1_700_000_000.25 - 10.5, -10.5], rtol=1e-7)
