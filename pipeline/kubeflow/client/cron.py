"""Cron expressions as Kubeflow Pipelines takes them: six fields, seconds first."""

from __future__ import annotations

import calendar
import re

from widedeep.components.common.errors import ConfigError, shown

_FIELD = re.compile(r"[0-9A-Za-z*?/,L#-]+")
_RANGE = re.compile(r"(?:(?P<all>[*?])|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[1-9]\d*))?")
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_MOST_DAYS = [max(calendar.monthrange(year, month)[1] for year in (2023, 2024)) for month in range(1, 13)]


def check_cron(text: str) -> str:
    """A cron expression as the backend takes it.

    Raises:
        ConfigError: it has another number of fields, or fields of other letters, or no day is like that.
    """
    fields = text.split()
    if len(fields) != 6 or not all(_FIELD.fullmatch(field) for field in fields):
        raise ConfigError(
            f"--cron {shown(text)}: needs six fields: second, minute, hour, day of month, month, day of week. "
            "Every night at three: '0 0 3 * * *'."
        )
    days, months = _numbers(fields[3], 1, 31), _numbers(fields[4], 1, 12, _MONTHS)
    # Where a day of the week is asked for too, either is enough.
    if days and months and fields[5] in "*?" and all(min(days) > _MOST_DAYS[month - 1] for month in months):
        raise ConfigError(f"--cron {shown(text)}: never comes: no month of {fields[4]} has a day {fields[3]}.")
    return " ".join(fields)


def _numbers(field: str, first: int, last: int, names: dict[str, int] | None = None) -> set[int]:
    """What a field stands for; empty where only the backend can tell, which then does."""
    numbers: set[int] = set()
    for part in field.split(","):
        match = _RANGE.fullmatch(part)
        if not match:
            return set()
        low = first if match["all"] else _number(match["first"], names)
        high = last if match["all"] or (match["step"] and not match["last"]) else _number(match["last"], names) or low
        if low is None or high is None:
            return set()
        numbers.update(range(low, high + 1, int(match["step"] or 1)))
    return numbers


def _number(text: str | None, names: dict[str, int] | None) -> int | None:
    if text is None:
        return None
    return int(text) if text.isdecimal() else (names or {}).get(text.upper())
