"""A time, as a person declares it: its unit, its zone, and the parts of it that the model sees."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from widedeep.components.common.settings import Strict, nearest
from widedeep.components.features.names import Key
from widedeep.components.features.roles import Deep
from widedeep.components.features.transforms import Buckets, Transform

Digits = Literal["yyyymmdd", "yyyymmddhh", "yyyymmddhhmm", "yyyymmddhhmmss", "yymmdd", "yymmddhh"]
Unit = Literal["s", "ms", "us", "ns", Digits]
# What writes a date, or a date and a clock's time, as one number.
DIGITS: tuple[Digits, ...] = get_args(Digits)
# How many of the unit a second has. Dates as one number are so in files alone: what is made of them is in seconds.
PER_SECOND: dict[Unit, int] = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000, **dict.fromkeys(DIGITS, 1)}


def example_unit(unit: Unit) -> Unit:
    """The unit of the numbers that are made of a column's times, in examples and in requests."""
    return "s" if unit in DIGITS else unit


def _each(first: int, last: int) -> Transform:
    """A bucket for each of the numbers from first to last."""
    return Transform(buckets=Buckets(boundaries=tuple(range(first + 1, last + 1))))


# The parts that calendar and clock have, each with a bucket for each of its values.
CALENDAR = {"hour": _each(0, 23), "weekday": _each(0, 6), "day": _each(1, 31), "month": _each(1, 12)}


class TimePart(Strict):
    """A part of a time: a number, which is declared as a numeric feature is.

    hour: 0 to 23; weekday: 0, Monday, to 6; day: of the month, 1 to 31; month: 1 to 12. Any other name is that of the
    seconds that have passed `since` another time.
    """

    since: Key | None = Field(None, description="another time: the part is the seconds from that one to this one")
    transform: Transform | None = Field(
        None,
        description="as of a numeric feature; of hour, weekday, day and month: a bucket for each, if it is not set",
    )
    wide: bool | None = Field(None, description="as of a feature; of hour, weekday, day and month: the time's, if null")
    deep: Deep | None = Field(None, description="as of a feature; of hour, weekday, day and month: the time's, if null")


def _listed(value: Any) -> Any:
    return {str(name): {} for name in value} if isinstance(value, list | tuple) else value


def _known(parts: dict[str, TimePart]) -> dict[str, TimePart]:
    for name, part in parts.items():
        if part.since is None and name not in CALENDAR:
            raise ValueError(
                f"'{name}' is no part of a time: {nearest(name, CALENDAR)}; or it is a number of seconds, with "
                f"`since` beside it, as {name}: {{since: OTHER_TIME, transform: {{log: {{}}}}, deep: {{}}}}"
            )
        if part.since is not None and name in CALENDAR:
            raise ValueError(f"'{name}' is a part of the calendar: call the seconds since '{part.since}' otherwise")
    return parts


Parts = Annotated[
    dict[Key, TimePart],
    AfterValidator(_known),
    BeforeValidator(
        _listed, json_schema_input_type=list[Literal["hour", "weekday", "day", "month"]] | dict[Key, TimePart]
    ),
]


def _is_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, OSError, ValueError):
        raise ValueError(f"there is no such time zone: {nearest(name, available_timezones())}") from None
    return name


Zone = Annotated[str, AfterValidator(_is_zone)]
