"""A pattern of files, and what it says of spans.

A span is a number ({SPAN}), or a day ({YYYY}, {MM} and {DD}), which TFX numbers from 1970-01-01 on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

EPOCH = date(1970, 1, 1)
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
            day = EPOCH + timedelta(span)
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
            return (date(values["YYYY"], values["MM"], values["DD"]) - EPOCH).days
        except ValueError:
            return None
