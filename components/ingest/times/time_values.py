"""The times of one raw column, as numbers since 1970.

A time without an offset is one of UTC. Text is read as ISO 8601 has it, of which RFC 3339 is what programs write.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from widedeep.components.common.errors import DataError
from widedeep.components.features.time_parts import PER_SECOND, Unit
from widedeep.components.ingest.scalars import (
    BadValueError,
    cast,
    decode_dictionary,
    double,
    first,
    is_text,
    utf8,
    without_empty,
)

_NUMBER = r"^[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?$"
_OFFSET = r"[Tt ][0-9:.]+(Z|z|[-+][0-9]{2}(:?[0-9]{2})?)$"
# The years that calendars, and Python, have.
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC).timestamp()
_LATEST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()
_WORDS: dict[Unit, str] = {"s": "seconds", "ms": "milliseconds", "us": "microseconds"}


def times(values: pa.Array, unit: Unit) -> pa.Array:
    """float64, in the unit since 1970-01-01 00:00 UTC; null, or text of blanks alone, is missing.

    Args:
        values: numbers in the unit; or Arrow's dates and timestamps, or ISO 8601 text, which become such numbers.
        unit: the declared one.

    Raises:
        BadValueError: a value is no time, or lies beyond the years 1 to 9999.
        DataError: the type holds no times.
    """
    values = decode_dictionary(values)
    if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
        return _since_1970(_stamps(values), unit)
    if is_text(values.type):
        return _checked(_of_text(values, unit), values, unit)
    if pa.types.is_boolean(values.type) or pa.types.is_time(values.type) or pa.types.is_duration(values.type):
        raise DataError(f"is of type {values.type}, but times are needed: convert the column")
    return _checked(double(values), values, unit)


def _of_text(values: pa.Array, unit: Unit) -> pa.Array:
    texts = without_empty(pc.utf8_trim_whitespace(utf8(values)))
    is_number = pc.fill_null(pc.match_substring_regex(texts, _NUMBER), False)
    has_offset = pc.fill_null(pc.match_substring_regex(texts, _OFFSET), False)
    nothing = pa.scalar(None, pa.string())
    numbers = pc.replace_with_mask(texts, pc.invert(is_number), nothing).cast(pa.float64())
    # Digits beyond microseconds are more than a day's second needs.
    texts = pc.replace_substring_regex(texts, r"(\.[0-9]{6})[0-9]+", r"\1")
    texts = pc.replace_with_mask(texts, is_number, nothing)
    local = pc.replace_with_mask(texts, has_offset, nothing)
    placed = pc.replace_with_mask(texts, pc.invert(has_offset), nothing)
    stamps = [_parsed(local, pa.timestamp("us"), unit), _parsed(placed, pa.timestamp("us", "UTC"), unit)]
    return pc.coalesce(numbers, *(_since_1970(_stamps(part), unit) for part in stamps))


def _parsed(texts: pa.Array, kind: pa.DataType, unit: Unit) -> pa.Array:
    return cast(texts, kind, lambda value: pa.scalar(value).cast(kind), _fault(unit))


def _fault(unit: Unit) -> str:
    return (
        f"is no time: text as 2024-02-29T18:30:00Z or 2024-02-29 18:30 (of UTC), or {_WORDS[unit]} since 1970 "
        f"(unit: {unit}), is needed"
    )


def _stamps(values: pa.Array) -> pa.Array:
    """Microseconds since 1970, int64."""
    zone = values.type.tz if pa.types.is_timestamp(values.type) else None
    return values.cast(pa.timestamp("us", zone), safe=False).cast(pa.int64())


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
