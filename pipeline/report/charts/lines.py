"""Lines in a box with axes: all places are in the units of the SVG's view box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from widedeep.pipeline.report.charts.axes import Axis

WIDTH = 360
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 14, 30
# Of a chart with a label below its axis: nearly a square between the axes, whose lower end is the floor.
TALL, FLOOR = 300, 254
# How each model's line looks. The baseline is drawn first, below the candidate.
MODELS = {"baseline": "dashed", "candidate": "solid"}
# With more points than these a line needs no dots.
MOST_DOTS = 40


@dataclass(frozen=True)
class Series:
    """One measure in its own units.

    Attributes:
        name: whose line it is.
        look: `solid` or `dashed`.
        points: x and y, None where a value is missing.
        tips: what a pointer over each point shows; () for a line without dots.
        intervals: x, lower and upper end.
    """

    name: str
    look: str
    points: Sequence[tuple[float, float] | None]
    tips: Sequence[str] = ()
    intervals: Sequence[tuple[float, float, float]] = ()


@dataclass(frozen=True)
class Dot:
    """A point's place, with what a pointer over it shows."""

    x: float
    y: float
    tip: str


@dataclass(frozen=True)
class Line:
    """One measure drawn: `parts` are polylines, apart where a value is missing; `whiskers` are (x, y, y)."""

    name: str
    look: str
    parts: list[str]
    dots: list[Dot]
    whiskers: list[tuple[float, float, float]]


@dataclass(frozen=True)
class Chart:
    """Lines with their axes.

    Attributes:
        title: what is measured, and `by` over what.
        text: the same picture in words.
        lines: drawn in this order.
        x: the axis below the lines, and `y` the one beside them.
        xlabel: what stands below the axis, "" for nothing.
        size: of the view box.
        kept: the place of the kept epoch.
        reference: the ends of a line to compare with: x, y, x, y.
    """

    title: str
    by: str
    text: str
    lines: list[Line]
    x: Axis
    y: Axis
    xlabel: str
    size: tuple[int, int]
    kept: float | None = None
    reference: tuple[float, float, float, float] | None = None

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of what lies between the axes."""
        return LEFT, TOP, WIDTH - RIGHT, self.size[1] - BOTTOM - (16 if self.xlabel else 0)


def draw(series: Series, x: Axis, y: Axis) -> Line:
    """A line through the points; where they are few, each is a dot too."""
    placed = [None if point is None else (x.place(point[0]), y.place(point[1])) for point in series.points]
    parts: list[list[tuple[float, float]]] = [[]]
    for place in placed:
        if place is not None:
            parts[-1].append(place)
        elif parts[-1]:
            parts.append([])
    tips = series.tips or [""] * len(placed)
    dots = [Dot(*place, tip) for place, tip in zip(placed, tips, strict=True) if place is not None]
    if not series.tips or len(dots) > MOST_DOTS:
        # A point alone makes no line.
        dots = [Dot(*part[0], "") for part in parts if len(part) == 1]
    return Line(
        name=series.name,
        look=series.look,
        parts=[" ".join(f"{across:g},{up:g}" for across, up in part) for part in parts if len(part) > 1],
        dots=dots,
        whiskers=[(x.place(across), y.place(low), y.place(high)) for across, low, high in series.intervals],
    )
