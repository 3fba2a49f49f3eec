"""A time zone as a table, by which a graph computes what Python's zoneinfo says."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

_DAY = 86_400
# No zone's clock was set by law before.
_FIRST_YEAR = 1800
# From here on a zone has a rule that repeats with the calendar, every 400 years of 146,097 days, which are whole weeks.
_FOLD_YEAR = 2100
CYCLE = 146_097 * _DAY


class ZoneTable(NamedTuple):
    """A zone's offsets from UTC.

    Attributes:
        changes: int64 [n], rising, the seconds since 1970 at which the offset changes.
        offsets: int64 [n + 1], in seconds: before the first change, and from each on.
        fold: the second since 1970 from which on the offset is that of CYCLE seconds before.
    """

    changes: np.ndarray
    offsets: np.ndarray
    fold: int


@lru_cache(maxsize=32)
def zone_table(name: str) -> ZoneTable:
    """The table of an IANA zone, from its offset day by day: between two that differ it looks for the second."""
    zone = ZoneInfo(name)
    fold = _seconds(_FOLD_YEAR) + CYCLE
    # A rule changes the clock for months.
    seconds = [
        *range(_seconds(_FIRST_YEAR), _seconds(_FOLD_YEAR), _DAY),
        *range(_seconds(_FOLD_YEAR), fold, 7 * _DAY),
        fold,
    ]
    shifts = [_offset(zone, second) for second in seconds]
    changes, offsets = [], [shifts[0]]
    for (low, before), (high, after) in itertools.pairwise(zip(seconds, shifts, strict=True)):
        if before != after:
            changes.append(_change(zone, low, high))
            offsets.append(after)
    return ZoneTable(np.array(changes, np.int64), np.array(offsets, np.int64), fold)


def _seconds(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


def _offset(zone: ZoneInfo, second: int) -> int:
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """The first second that has the offset of `high`, where that of `low` is another."""
    after = _offset(zone, high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _offset(zone, middle) == after else (middle, high)
    return high
