"""The spans that a setting names: a number, a day or a range of both."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from widedeep.pipeline.definition.spans.span_pattern import EPOCH

# A range of more would be a slip: each span is read by a pipeline of its own.
MOST_SPANS = 10_000
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
# `latest`, a number, a day, and ranges of both.
WRITTEN = rf"^(latest|[0-9]+(-[0-9]+)?|{_DAY}(-{_DAY})?)$"
WAYS = "write latest, a number (5), a day (2024-02-01), or a range (3-7, 2024-01-30-2024-02-02)"


def span_numbers(span: int | str, dated: bool) -> tuple[int, ...]:
    """The numbers of the spans that a setting names, rising; a range of days has those that the calendar has.

    Args:
        span: a number, a day, or a range, as `WRITTEN` has it; not `latest`.
        dated: whether the pattern's spans are days.

    Raises:
        ValueError: a day for numbered spans, no day of the calendar, or an impossible range.
    """
    days = re.findall(_DAY, str(span))
    if days and not dated:
        raise ValueError(f"span is {span}, but the patterns have numbers: write {{YYYY}}, {{MM}} and {{DD}} in them")
    ends = days or str(span).split("-")
    # Eight digits are a day where the patterns name days, and may be one where they do not.
    compact = [_day(end) for end in ends]
    if dated:
        numbers = [_dated_number(end, day, span) for end, day in zip(ends, compact, strict=True)]
    else:
        numbers = [int(end) for end in ends]
    first, last = numbers[0], numbers[-1]
    if last < first:
        raise ValueError(f"span {span} ends before it begins")
    by_day = not dated and len(ends) > 1 and all(compact)
    if by_day and compact[0] and compact[-1]:
        first, last = ((day - EPOCH).days for day in (compact[0], compact[-1]))
    if last - first >= MOST_SPANS:
        raise ValueError(f"span {span} is {last - first + 1:,} spans, more than {MOST_SPANS:,}")
    spans: Iterable[int] = range(first, last + 1)
    if by_day:
        spans = (int((EPOCH + timedelta(number)).strftime("%Y%m%d")) for number in spans)
    return tuple(spans)


def _day(text: str) -> date | None:
    """The day that eight digits, or a date, name."""
    digits = text.replace("-", "")
    if len(digits) != 8 or len(text) not in (8, 10):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _dated_number(end: str, day: date | None, span: int | str) -> int:
    if day is not None:
        return (day - EPOCH).days
    # TFX's own number of a day; larger ones have no year of four digits.
    if "-" in end or int(end) > (date.max - EPOCH).days:
        raise ValueError(f"span is {span}, and {end} is no day of the calendar")
    return int(end)
