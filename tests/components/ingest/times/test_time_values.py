"""Times however a column writes them, against Python's datetime; and how what is none reads."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.common.errors import DataError
from widedeep.components.features.time_parts import DIGITS
from widedeep.components.ingest.scalars import BadValueError
from widedeep.components.ingest.times.digits import EXAMPLES
from widedeep.components.ingest.times.time_values import times

EVENING = datetime(2024, 2, 29, 18, 30, tzinfo=UTC).timestamp()
MIDNIGHT = datetime(2024, 2, 29, tzinfo=UTC).timestamp()
NEEDED = (
    "is no time: text as 2024-02-29T18:30:00Z or 2024-02-29 18:30 (of UTC), or seconds since 1970 (unit: s), is needed"
)

OF_DAYS = (
    "is no time: text as 2024-02-29T18:30:00Z or 2024-02-29 18:30 (of UTC), or numbers as 20240229 (unit: yyyymmdd), "
    "is needed"
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2024-02-29", MIDNIGHT),
        ("2024-02-29 18:30", EVENING),
        (" 2024-02-29T18:30:00 ", EVENING),
        ("2024-02-29T18:30:00.123456789", EVENING + 0.123456),
        ("2024-02-29T18:30:00Z", EVENING),
        ("2024-02-29T19:30:00+01:00", EVENING),
        ("2024-02-29T19:30+0100", EVENING),
        ("2024-02-29 10:30:00-08", EVENING),
        ("2024-02-29 18:30:00 UTC", EVENING),
        ("2024-02-29 19:30:00 +0100", EVENING),
        ("1709231400", 1709231400.0),
        ("1709231400.5", 1709231400.5),
        ("-1.5e9", -1.5e9),
        ("", None),
        ("  ", None),
    ],
)
@pytest.mark.parametrize("kind", [pa.string(), pa.binary(), pa.large_string()])
def test_text(text: str, seconds: float | None, kind: pa.DataType) -> None:
    column = pa.array([text.encode(), None], pa.binary()).cast(kind)
    assert times(column, "s").to_pylist() == [seconds, None]
    assert times(column.cast(pa.string()).dictionary_encode(), "s").to_pylist() == [seconds, None]


@pytest.mark.parametrize(("unit", "per_second"), [("s", 1), ("ms", 1000), ("us", 10**6), ("ns", 10**9)])
def test_units(unit: Any, per_second: int) -> None:
    assert times(pa.array(["2024-02-29T18:30:00.5Z"]), unit).to_pylist() == [(EVENING + 0.5) * per_second]
    # Numbers are in the unit already.
    assert times(pa.array([1_709_231_400]), unit).to_pylist() == [1_709_231_400]


@pytest.mark.parametrize("column", [[20240229, None], [20240229.0, None], ["20240229", ""], [b"2024-02-29", b" "]])
def test_days_are_in_seconds(column: list[Any]) -> None:
    assert times(pa.array(column), "yyyymmdd").to_pylist() == [MIDNIGHT, None]


@pytest.mark.parametrize(
    ("column", "seconds"),
    [
        (pa.array([date(2024, 2, 29)]), MIDNIGHT),
        (pa.array([date(2024, 2, 29)], pa.date64()), MIDNIGHT),
        *((pa.array([datetime(2024, 2, 29, 18, 30)], pa.timestamp(unit)), EVENING) for unit in ("s", "ms", "us", "ns")),
        (pa.array([int(EVENING)], pa.timestamp("s", "Europe/Berlin")), EVENING),
        (pa.array([EVENING]), EVENING),
        (pa.array([int(EVENING)], pa.uint32()), EVENING),
        (pa.array([float("nan")]), None),
        (pa.nulls(1), None),
    ],
)
def test_types(column: pa.Array, seconds: float | None) -> None:
    assert times(column, "s").to_pylist() == [seconds]


@pytest.mark.parametrize(
    ("values", "unit", "fault"),
    [
        (["2024-02-29", "02/29/2024"], "s", NEEDED),
        (["2024-02-29", "2024-02-30"], "s", NEEDED),
        (["2024-02-29T10:00Z", "2024-02-29T25:00Z"], "s", NEEDED),
        (
            [0, 1_700_000_000_000],
            "s",
            "is beyond the years 1 to 9999 in seconds since 1970: if it is milliseconds, declare unit: ms",
        ),
        (
            [0, 1_700_000_000_000_000],
            "ms",
            "is beyond the years 1 to 9999 in milliseconds since 1970: if it is microseconds, declare unit: us",
        ),
        (
            [0, 1_700_000_000_000_000_000],
            "us",
            "is beyond the years 1 to 9999 in microseconds since 1970: if it is nanoseconds, declare unit: ns",
        ),
        ([20240229, 20230229], "yyyymmdd", OF_DAYS),
        ([20240229, 2024022], "yyyymmdd", OF_DAYS),
        (["2024-02-29", "20240229.5"], "yyyymmdd", OF_DAYS),
        *(
            ([EXAMPLES[unit], wrong], unit, OF_DAYS.replace("20240229", EXAMPLES[unit]).replace("yyyymmdd", unit))
            for unit, wrong in [
                ("yymmddhh", "24022924"),
                ("yymmddhh", "124022918"),
                ("yymmddhh", "-24022918"),
                ("yymmdd", "240230"),
                ("yymmdd", "0"),
                ("yyyymmddhh", "24022918"),
                ("yyyymmddhhmm", "202402291860"),
                ("yyyymmddhhmmss", "20240229183060"),
                ("yyyymmddhhmmss", "2e300"),
            ]
        ),
        ([0.0, float("inf")], "s", "is beyond the years 1 to 9999 in seconds since 1970"),
    ],
)
def test_what_is_no_time(values: list[Any], unit: Any, fault: str) -> None:
    with pytest.raises(BadValueError) as caught:
        times(pa.array(values), unit)
    assert (caught.value.index, caught.value.value, caught.value.fault) == (1, values[1], fault)


def test_a_type_that_holds_no_times() -> None:
    with pytest.raises(DataError, match="is of type bool, but times are needed: convert the column"):
        times(pa.array([True]), "s")


FORMATS = {
    "yyyymmdd": "%Y%m%d",
    "yyyymmddhh": "%Y%m%d%H",
    "yyyymmddhhmm": "%Y%m%d%H%M",
    "yyyymmddhhmmss": "%Y%m%d%H%M%S",
    "yymmdd": "%y%m%d",
    "yymmddhh": "%y%m%d%H",
}


@given(
    st.sampled_from(DIGITS),
    # The years that two digits tell apart; and of four digits a first one that a number keeps.
    st.datetimes(datetime(1969, 1, 1), datetime(2068, 12, 31, 23, 59, 59)),
    st.sampled_from([int, float, str]),
)
def test_dates_of_digits_are_what_python_writes(unit: Any, moment: datetime, kind: type) -> None:
    digits = moment.strftime(FORMATS[unit])
    read = datetime.strptime(digits, FORMATS[unit]).replace(tzinfo=UTC)
    value = digits if kind is str else kind(int(digits))
    assert times(pa.array([value, None]), unit).to_pylist() == [read.timestamp(), None]


@given(st.sampled_from(DIGITS), st.integers(0, 10**14))
def test_digits_that_python_takes_for_no_date_are_none(unit: Any, number: int) -> None:
    width = len(unit)
    digits = f"{number:0{width}d}" if unit.startswith("yymm") else str(number)
    try:
        if len(digits) != width:
            raise ValueError
        expected = datetime.strptime(digits, FORMATS[unit]).replace(tzinfo=UTC).timestamp()
    except ValueError:
        with pytest.raises(BadValueError):
            times(pa.array([number]), unit)
    else:
        assert times(pa.array([number]), unit).to_pylist() == [expected]


offsets = st.none() | st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), offsets, st.sampled_from("T "))
def test_iso_text_is_what_python_takes_it_for(moment: datetime, zone: timezone | None, between: str) -> None:
    moment = moment.replace(tzinfo=zone)
    in_utc = (moment if zone else moment.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    [time] = times(pa.array([moment.isoformat(between)]), "us").to_pylist()
    # Beyond 2^53 microseconds, three hundred years, 64-bit numbers are two apart, and more.
    assert time == pytest.approx(in_utc / timedelta(microseconds=1), rel=1e-15, abs=0.5)
