"""Lines in a box with axes: all places are in the units of the SVG's view box."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from widedeep.pipeline.report.numbers import fixed

WIDTH = 360
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 14, 30
# Of a chart with a label below its axis: nearly a square between the axes, whose lower end is the floor.
TALL, FLOOR = 300, 254
# How each model's line looks. The baseline is drawn first, below the candidate.
MODELS = {"baseline": "dashed", "candidate": "solid"}
# With more points than these a line needs no dots.
MOST_DOTS = 40


@dataclass(frozen=True)
class Dot:
    """One value, with what a pointer over it shows."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class Line:
    """One measure; `parts` are polylines, apart where a value is missing; `whiskers` are (x, y, y) of intervals."""

    name: str
    look: str
    parts: list[str]
    dots: list[Dot]
    whiskers: list[tuple[float, float, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Chart:
    """Lines with their axes.

    Attributes:
        title: what is measured, and `by` over what.
        text: the same picture in words.
        lines: drawn in this order.
        xticks: place and label of each tick, and `yticks`.
        xlabel: what stands below the axis, "" for nothing.
        size: of the view box.
        kept: the place of the kept epoch.
        reference: the ends of a line to compare with: x, y, x, y.
    """

    title: str
    by: str
    text: str
    lines: list[Line]
    xticks: list[tuple[float, str]]
    yticks: list[tuple[float, str]]
    xlabel: str
    size: tuple[int, int]
    kept: float | None = None
    reference: tuple[float, float, float, float] | None = None

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of what lies between the axes."""
        return LEFT, TOP, WIDTH - RIGHT, self.size[1] - BOTTOM - (16 if self.xlabel else 0)


@dataclass(frozen=True)
class Scale:
    """From values to places."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Where a value lies."""
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)


def line(
    name: str,
    look: str,
    points: Sequence[Dot | None],
    whiskers: Iterable[tuple[float, float, float]] = (),
    dotted: bool = True,
) -> Line:
    """A line through points, each a dot where it is `dotted` and they are few; None parts it."""
    parts: list[list[Dot]] = [[]]
    for point in points:
        if point is not None:
            parts[-1].append(point)
        elif parts[-1]:
            parts.append([])
    dots = [point for point in points if point is not None]
    if not dotted:
        dots = []
    elif len(dots) > MOST_DOTS:
        # A point alone makes no line.
        dots = [part[0] for part in parts if len(part) == 1]
    drawn = [" ".join(f"{point.x:g},{point.y:g}" for point in part) for part in parts if len(part) > 1]
    return Line(name, look, drawn, dots, list(whiskers))


def span(values: Sequence[float], air: float) -> tuple[float, float]:
    """Smallest and largest; with some air around them where they are the same."""
    low, high = min(values), max(values)
    if high - low > 1e-9 * max(abs(low), abs(high)):
        return low, high
    air = max(air, abs(low) * 0.1)
    return low - air, high + air


def grid(low: float, high: float) -> tuple[list[float], float]:
    """Ticks around a range, and their step: the first is below or at the smallest value, the last above or at."""
    step = nice_step(low, high)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [place * step for place in range(first, last + 1)], step


def nice_step(low: float, high: float) -> float:
    """1, 2 or 5 times a power of ten: the smallest that fits into the range five times or fewer."""
    width = high - low
    power: float = 10.0 ** math.floor(math.log10(width / 5))
    return next(factor * power for factor in (1, 2, 5, 10) if width / (factor * power) <= 5 + 1e-9)


def tick(value: float, step: float) -> str:
    """A tick's label, with the digits that its step needs."""
    if abs(value) >= 1e5 or step < 1e-5:
        return f"{value:.3g}"
    return fixed(value, max(0, -math.floor(math.log10(step) + 1e-9)))
