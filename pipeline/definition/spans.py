"""Spans of data: how they are written in settings, and how in the names of files.

A span is a number ({SPAN}), or a day ({YYYY}, {MM} and {DD}), which TFX numbers from 1970-01-01 on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

_EPOCH = date(1970, 1, 1)
# A range of more would be a slip: each span is read by a pipeline of its own.
MOST_SPANS = 10_000
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
# `latest`, a number, a day, and ranges of both.
WRITTEN = rf"^(latest|[0-9]+(-[0-9]+)?|{_DAY}(-{_DAY})?)$"
WAYS = "write latest, a number (5), a day (2024-02-01), or a range (3-7, 2024-01-30-2024-02-02)"
# TFX's ways of naming spans and versions in a pattern; the others are near misses, which no file is called by.
_PLACEHOLDER = re.compile(r"\{(SPAN|VERSION)(?::([^}]*))?\}|\{(YYYY|MM|DD)\}")
_NEAR_MISS = re.compile(r"\{\s*(span|version|yyyy|yy|year|mm|month|dd|day|date)\s*(:[^}]*)?\}", re.IGNORECASE)
_PARTS = ("YYYY", "MM", "DD")


@dataclass(frozen=True)
class SpanPattern:
    """A file pattern, and what it says of spans."""

    text: str

    @property
    def dated(self) -> bool:
        """Whether its spans are days."""
        return any(f"{{{part}}}" in self.text for part in _PARTS)

    @property
    def numbered(self) -> bool:
        """Whether its spans are numbers."""
        return "{SPAN" in self.text

    @property
    def in_spans(self) -> bool:
        """Whether it has spans."""
        return self.dated or self.numbered

    @property
    def width(self) -> int | None:
        """Digits of {SPAN:3}; None where it has as many as it takes."""
        return next((int(m[2]) for m in _PLACEHOLDER.finditer(self.text) if m[1] == "SPAN" and m[2]), None)

    def check(self) -> None:
        """Checks what TFX would only say when the data are read.

        Raises:
            ValueError: it is no pattern for spans.
        """
        names = [match[1] or match[3] for match in _PLACEHOLDER.finditer(self.text)]
        near = _NEAR_MISS.search(_PLACEHOLDER.sub("", self.text))
        if near:
            raise ValueError(
                f"the pattern '{self.text}' has {near[0]}: write {{SPAN}}, {{SPAN:2}}, {{VERSION}}, "
                "or {YYYY}, {MM} and {DD}"
            )
        for match in _PLACEHOLDER.finditer(self.text):
            if match[2] is not None and not re.fullmatch(r"0*[1-9][0-9]?", match[2]):
                raise ValueError(
                    f"the pattern '{self.text}' has {match[0]}: behind the colon stands the number of digits"
                )
        if self.dated and (self.numbered or sorted(name for name in names if name in _PARTS) != sorted(_PARTS)):
            raise ValueError(f"the pattern '{self.text}' needs {{YYYY}}, {{MM}} and {{DD}} once each, without {{SPAN}}")
        for name in ("SPAN", "VERSION"):
            if names.count(name) > 1:
                raise ValueError(f"the pattern '{self.text}' has {{{name}}} {names.count(name)} times: once is enough")

    def check_room(self, span: int) -> None:
        """Checks that a span has no more digits than the pattern.

        Raises:
            ValueError: it has.
        """
        if self.width is not None and len(str(span)) > self.width:
            raise ValueError(f"span is {span}, for which {{SPAN:{self.width}}} in '{self.text}' has too few digits")

    def token(self, span: int) -> tuple[str, ...]:
        """What stands for a span in a file's name: a number, or year, month and day."""
        if self.dated:
            day = _EPOCH + timedelta(span)
            return f"{day.year:04}", f"{day.month:02}", f"{day.day:02}"
        return (str(span).zfill(self.width or 0),)

    def token_in_order(self, span: int) -> tuple[str, ...]:
        """As `token`, in the order in which the pattern has its parts."""
        parts = dict(zip(_PARTS, self.token(span), strict=True)) if self.dated else {}
        return tuple(parts[match[3]] for match in _PLACEHOLDER.finditer(self.text) if match[3]) or self.token(span)

    @staticmethod
    def filled(part: str, token: Sequence[str]) -> str:
        """A part of the pattern with a token in it."""
        tokens = iter(token)
        return _PLACEHOLDER.sub(lambda match: "*" if match[1] == "VERSION" else next(tokens), part)

    def glob(self) -> str:
        """The pattern of the files of all spans and versions."""
        return _PLACEHOLDER.sub("*", self.text)

    def tokens(self, path: str) -> tuple[str, ...]:
        """What stands for the span in the name of a file that `glob` matches, taken as TFX takes it.

        Args:
            path: relative to the folder that the pattern is.
        """
        parts = {match.start(): match for match in _PLACEHOLDER.finditer(self.text)}
        regex, position = "", 0
        while position < len(self.text):
            match = parts.get(position)
            if match is None:
                regex += {"*": "[^/]*", "?": "[^/]"}.get(self.text[position], re.escape(self.text[position]))
                position += 1
                continue
            digits = {"YYYY": 4, "MM": 2, "DD": 2}.get(match[3] or "", int(match[2] or 0))
            content = f"[^/]{{{digits}}}" if digits else "[^/]*"
            regex += f"(?:{content})" if match[1] == "VERSION" else f"({content})"
            position = match.end()
        fitting = re.fullmatch(regex, path)
        return fitting.groups() if fitting else ()

    def number(self, token: Sequence[str]) -> int | None:
        """The span that a token stands for; None for what is no number, or no day."""
        if not token or not all(part.isascii() and part.isdigit() for part in token):
            return None
        if not self.dated:
            return int(token[0])
        # The parts stand in the pattern's order.
        order = [match[3] for match in _PLACEHOLDER.finditer(self.text) if match[3]]
        values = dict(zip(order, map(int, token), strict=True))
        try:
            return (date(values["YYYY"], values["MM"], values["DD"]) - _EPOCH).days
        except ValueError:
            return None


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
        first, last = ((day - _EPOCH).days for day in (compact[0], compact[-1]))
    if last - first >= MOST_SPANS:
        raise ValueError(f"span {span} is {last - first + 1:,} spans, more than {MOST_SPANS:,}")
    spans: Iterable[int] = range(first, last + 1)
    if by_day:
        spans = (int((_EPOCH + timedelta(number)).strftime("%Y%m%d")) for number in spans)
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
        return (day - _EPOCH).days
    # TFX's own number of a day; larger ones have no year of four digits.
    if "-" in end or int(end) > (date.max - _EPOCH).days:
        raise ValueError(f"span is {span}, and {end} is no day of the calendar")
    return int(end)
