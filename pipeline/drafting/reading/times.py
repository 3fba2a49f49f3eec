"""Times as files write them."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from widedeep.components.features.time_parts import PER_SECOND, Digits, Unit
from widedeep.components.ingest.times.digits import dates_of
from widedeep.components.ingest.times.moments import extended
from widedeep.pipeline.drafting.reading.columns import Floats, numbers_of
from widedeep.pipeline.drafting.reading.counts import NO_VALUES, Counts
from widedeep.pipeline.drafting.rules.names import says_code, says_time

_OFFSET = r":[0-9.]+ ?(?P<offset>[+-][0-9]{2}(?::?[0-9]{2})?)?(?:Z|UTC)?\s*$"
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|UTC|[+-]\d{2}:?\d{2}))?)?")
# 1990 to 2100, in seconds; days of 1900, too, as of births.
_SECONDS = (631_152_000, 4_102_444_800)
_EARLIEST_DAY = -2_208_988_800
# Days by chance are few numbers of eight digits: one of 28.
_FEWEST_DAYS = 5
# Of numbers whose name says no time: how likely it may be that so many, drawn from as wide a range, are all moments.
_CHANCE = 1e-6
ISO, STORED, DAYS = "as ISO 8601", "as such", "as days: 20241130"
_SINCE: dict[str, Unit] = {
    "in seconds since 1970": "s",
    "in milliseconds since 1970": "ms",
    "in microseconds since 1970": "us",
    "in nanoseconds since 1970": "ns",
}
# Days with the whole year come first: of eight digits both may be read.
_DIGITS: dict[str, Digits] = {
    DAYS: "yyyymmdd",
    "as hours: 24113018": "yymmddhh",
    "as hours: 2024113018": "yyyymmddhh",
    "as minutes: 202411301830": "yyyymmddhhmm",
    "as seconds: 20241130183000": "yyyymmddhhmmss",
    "as days: 241130": "yymmdd",
}
_STEPS: dict[Digits, int] = {"yymmddhh": 3600, "yyyymmddhh": 3600, "yyyymmddhhmm": 60, "yyyymmddhhmmss": 1}
# The unit that features.yaml declares, where it is another than the second.
UNITS: dict[str, Unit] = {**{form: unit for form, unit in _SINCE.items() if unit != "s"}, **_DIGITS}
_UTC = ("UTC", "Etc/UTC", "GMT", "Etc/GMT-0", "Etc/GMT+0")
_TRIED = 1000
_HOUR = 3600


def time_format(name: str, counts: Counts, column: pa.Array, wanted: bool) -> str | None:
    """How a column writes times; None where it has none.

    Args:
        name: the column's.
        counts: of it.
        column: its sample, as strings.
        wanted: whether a person says that it has times.
    """
    if counts.storage == "time":
        return STORED
    if counts.many or not len(column) or pa.types.is_null(column.type):
        return None
    if counts.numeric and counts.whole:
        # Of ids and codes by their name nobody knows whether they are numbered by the day.
        if says_code(name) and not wanted:
            return None
        return _of_numbers(counts, column, wanted or says_time(name), wanted)
    if counts.numeric:
        return None
    texts = written_values(column)
    return ISO if texts and all(map(_ISO.fullmatch, extended(pa.array(texts)).to_pylist())) else None


def written_values(column: pa.Array) -> list[str]:
    """Some of the texts, but for those that stand for no value."""
    texts = pc.utf8_trim_whitespace(column.drop_null().slice(0, _TRIED))
    return [text for text in texts.to_pylist() if text and not NO_VALUES.fullmatch(text)]


def _of_numbers(counts: Counts, column: pa.Array, meant: bool, wanted: bool) -> str | None:
    for form, unit in _DIGITS.items():
        if _are_dates(counts, column, unit, meant, wanted):
            return form
    for form, since in _SINCE.items():
        first, last = (moment * PER_SECOND[since] for moment in _SECONDS)
        if meant and first <= counts.low and counts.high <= last:
            return form
    return None


def _are_dates(counts: Counts, column: pa.Array, unit: Digits, meant: bool, wanted: bool) -> bool:
    """Whether numbers are dates, all of them, and hardly by chance."""
    if not 0 < counts.low <= counts.high < 10 ** len(unit):
        return False
    numbers = np.unique(numbers_of(column.drop_null(), tuple(counts.no_values)))
    numbers = np.unique(np.concatenate([[counts.low], numbers[~np.isnan(numbers)], [counts.high]]))
    moments = _moments(numbers, unit)
    # In a rising order: of two digits of a year, 99 is before 00.
    earliest = _EARLIEST_DAY if unit == "yyyymmdd" else _SECONDS[0]
    if np.isnan(moments).any() or (np.diff(moments) <= 0).any() or not earliest <= moments[0] <= _SECONDS[1]:
        return False
    if unit in _STEPS:
        valid = (moments[-1] - moments[0]) / _STEPS[unit] + 1
        return meant or (valid / (numbers[-1] - numbers[0] + 1)) ** len(numbers) < _CHANCE
    many = counts.distinct >= _FEWEST_DAYS
    return wanted or (meant and many) if unit == "yymmdd" else meant or many


def seconds(column: pa.Array, form: str) -> Floats:
    """Seconds since 1970; NaN where there is none."""
    if form in _SINCE:
        return numbers_of(column) / PER_SECOND[_SINCE[form]]
    return _moments(numbers_of(column), _DIGITS[form]) if form in _DIGITS else _parsed(column)


def _moments(numbers: Floats, unit: Digits) -> Floats:
    return _parsed(dates_of(pa.array(numbers, mask=np.isnan(numbers)), unit))


def _parsed(texts: pa.Array) -> Floats:
    parsed = pd.to_datetime(
        extended(pc.utf8_trim_whitespace(texts)).to_pandas(), errors="coerce", utc=True, format="ISO8601"
    )
    values = (parsed - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    return np.asarray(values, np.float64)


def zone_of(counts: Counts, column: pa.Array, form: str) -> str | None:
    """Where the clock of times is: by their type, or by the offset that all texts have; None where it is UTC's.

    An offset of whole hours is a zone of its own, Etc/GMT-2 of +02:00. Others, and several, as of summer and winter,
    have no name.
    """
    zone = counts.zone
    if form == ISO:
        offsets = pc.unique(pc.struct_field(pc.extract_regex(column.drop_null(), _OFFSET), "offset")).to_pylist()
        hours = re.fullmatch("([+-])([0-9]{2})(:?00)?", offsets[0] or "") if len(offsets) == 1 else None
        zone = f"Etc/GMT{'-' if hours[1] == '+' else '+'}{int(hours[2])}" if hours else None
    return zone if zone in available_timezones() and zone not in _UTC else None


def parts(moments: Floats) -> tuple[str, ...]:
    """Hour and weekday, where the rows have several."""
    present = parts_of(moments[~np.isnan(moments)])
    return tuple(part for part, values in present.items() if len(np.unique(values)) > 1)


def parts_of(moments: Floats) -> dict[str, Floats]:
    """The hour, 0 to 23, and the day of a week that begins on a Thursday, 0 to 6."""
    return {"hour": moments // _HOUR % 24, "weekday": moments // (24 * _HOUR) % 7}
