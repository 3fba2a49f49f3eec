"""The times of one raw column, as numbers since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from widedeep.components.common.errors import DataError
from widedeep.components.features.time_parts import DIGITS, PER_SECOND, Unit
from widedeep.components.ingest.scalars import (
    BadValueError,
    decode_dictionary,
    double,
    first,
    is_text,
    utf8,
    without_empty,
)
from widedeep.components.ingest.times.digits import EXAMPLES, dates_of
from widedeep.components.ingest.times.moments import are_stamps, stamps, text_moments

_NUMBER = r"^[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?$"
# The years that calendars, and Python, have.
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC).timestamp()
_LATEST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()
_WORDS: dict[str, str] = {
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
}


def is_number(text: str) -> bool:
    """Whether a time is written as a number: seconds since 1970, or 14102100."""
    return bool(re.fullmatch(_NUMBER, text.strip()))


def times(values: pa.Array, unit: Unit) -> pa.Array:
    """float64, in the unit since 1970-01-01 00:00 UTC, of dates in seconds; null, or text of blanks alone, is missing.

    Args:
        values: numbers as the unit has them; or Arrow's dates and timestamps, or ISO 8601 text, which become such.
        unit: the declared one.

    Raises:
        BadValueError: a value is no time, or lies beyond the years 1 to 9999.
        DataError: the type holds no times.
    """
    values = decode_dictionary(values)
    if are_stamps(values.type):
        return _since_1970(stamps(values), unit)
    if is_text(values.type):
        return _of_text(values, unit)
    if pa.types.is_boolean(values.type) or pa.types.is_time(values.type) or pa.types.is_duration(values.type):
        raise DataError(f"is of type {values.type}, but times are needed: convert the column")
    return _of_numbers(double(values), values, unit)


def _of_text(values: pa.Array, unit: Unit) -> pa.Array:
    texts = without_empty(pc.utf8_trim_whitespace(utf8(values)))
    is_number = pc.fill_null(pc.match_substring_regex(texts, _NUMBER), False)
    nothing = pa.scalar(None, pa.string())
    numbers = pc.replace_with_mask(texts, pc.invert(is_number), nothing).cast(pa.float64())
    others = _since_1970(text_moments(pc.replace_with_mask(texts, is_number, nothing), _fault(unit)), unit)
    return pc.coalesce(_of_numbers(numbers, values, unit), others)


def _of_numbers(numbers: pa.Array, values: pa.Array, unit: Unit) -> pa.Array:
    if unit not in DIGITS:
        return _checked(numbers, values, unit)
    numbers = pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)
    dates = dates_of(numbers, unit)
    wrong = first(pc.and_(pc.is_valid(numbers), pc.is_null(dates)))
    if wrong is None:
        try:
            return _since_1970(text_moments(dates, _fault(unit)), unit)
        except BadValueError as error:
            wrong = error.index
    raise BadValueError(wrong, values[wrong].as_py(), _fault(unit))


def _fault(unit: Unit) -> str:
    numbers = f"numbers as {EXAMPLES[unit]}" if unit in DIGITS else f"{_WORDS[unit]} since 1970"
    return (
        f"is no time: text as 2024-02-29T18:30:00Z or 2024-02-29 18:30 (of UTC), or {numbers} (unit: {unit}), is needed"
    )


def _since_1970(microseconds: pa.Array, unit: Unit) -> pa.Array:
    return pc.divide(microseconds.cast(pa.float64(), safe=False), 1e6 / PER_SECOND[unit])


def _checked(numbers: pa.Array, values: pa.Array, unit: Unit) -> pa.Array:
    """The numbers, where all are times. NaN is a missing value of programs that have no other."""
    numbers = pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)
    scale = PER_SECOND[unit]
    inside = pc.and_(pc.greater_equal(numbers, _EARLIEST * scale), pc.less_equal(numbers, _LATEST * scale))
    bad = first(pc.invert(inside))
    if bad is not None:
        raise BadValueError(bad, values[bad].as_py(), _beyond(numbers[bad].as_py(), unit))
    return numbers


def _beyond(number: float, unit: Unit) -> str:
    finer: list[Unit] = [other for other in PER_SECOND if PER_SECOND[other] > PER_SECOND[unit]]
    meant = [other for other in finer if _EARLIEST <= number / PER_SECOND[other] <= _LATEST]
    remedy = f": if it is {_WORDS[meant[0]]}, declare unit: {meant[0]}" if meant else ""
    return f"is beyond the years 1 to 9999 in {_WORDS[unit]} since 1970{remedy}"
