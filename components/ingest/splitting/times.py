"""Times as a raw column writes them: numbers, or dates and times of ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from widedeep.components.ingest import scalars
from widedeep.components.ingest.scalars import BadValueError

_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
# What Python would take besides has no dashes, as numbers have none.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def is_number(text: str) -> bool:
    """Whether a time is written as a number: seconds since 1970, or 14102100."""
    return bool(_NUMBER.fullmatch(text.strip()))


def micros(text: str) -> int:
    """Microseconds since 1970 of a date or time; one without a zone is taken as UTC.

    Raises:
        ValueError: it is none.
    """
    text = text.strip()
    if not _DATE.match(text):
        raise ValueError(f"{text!r} is no date")
    # BigQuery writes so.
    moment = datetime.fromisoformat(re.sub(r" ?UTC$", "+00:00", text))
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def numbers(column: pa.Array) -> np.ndarray:
    """A column of numbers, or of texts of such, as float64.

    Raises:
        BadValueError: a value is missing, or no number.
        DataError: the type holds no numbers.
    """
    return _complete(scalars.number(column))


def moments(column: pa.Array) -> np.ndarray:
    """A column of dates, times, or texts of such, as int64 microseconds since 1970.

    Raises:
        BadValueError: a value is missing, or no time.
    """
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        # Past the zone, which Arrow keeps beside what is UTC already.
        return _complete(column.cast(pa.timestamp("us", getattr(column.type, "tz", None)), safe=False).cast(pa.int64()))
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return _complete(pa.array([_moment(row, value) for row, value in enumerate(column.to_pylist())], pa.int64()))


def _moment(row: int, value: Any) -> int | None:
    try:
        text = value.decode() if isinstance(value, bytes) else value
        if text is None or text == "":
            return None
        return micros(text)
    except (ValueError, TypeError, AttributeError):
        raise BadValueError(row, value, "is no date or time as 2024-02-01 or 2024-02-01 10:30:00") from None


def _complete(values: pa.Array) -> np.ndarray:
    missing = pc.index(pc.is_null(values), pa.scalar(True)).as_py()
    if missing >= 0:
        raise BadValueError(missing, None, "is missing: a row's split is told by its time")
    array: np.ndarray = values.to_numpy(zero_copy_only=False)
    return array
