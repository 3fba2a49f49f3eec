"""The training curve as lines to draw: all places are in the units of the SVG's view box."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.report.numbers import fixed, number

WIDTH, HEIGHT = 360, 210
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 14, 30
# With more points than these a line needs no dots.
_MOST_DOTS = 40
# The charts: title, and for each line the key in the record, its name and its look. The first two that have values
# are drawn.
_CHARTS = (
    ("Loss", (("loss", "train", "dashed"), ("logloss", "eval", "solid"))),
    ("AUC", (("auc", "eval", "solid"),)),
    ("RMSE", (("rmse", "eval", "solid"),)),
    ("Accuracy", (("accuracy", "eval", "solid"),)),
)


@dataclass(frozen=True)
class Dot:
    """One epoch's value, with what a pointer over it shows."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class Line:
    """One measure; `parts` are polylines, apart where a value is missing."""

    name: str
    look: str
    parts: list[str]
    dots: list[Dot]


@dataclass(frozen=True)
class Chart:
    """Lines over epochs with their axes: place and label of each tick; `kept` is the place of the kept epoch."""

    title: str
    text: str
    lines: list[Line]
    xticks: list[tuple[float, str]]
    yticks: list[tuple[float, str]]
    kept: float | None
    box: tuple[int, int, int, int] = (LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM)
    size: tuple[int, int] = (WIDTH, HEIGHT)


@dataclass(frozen=True)
class Training:
    """The charts, and the same as a table: its heads, and a row an epoch with whether it was kept."""

    charts: list[Chart]
    heads: list[str] = field(default_factory=list)
    rows: list[tuple[list[str], bool]] = field(default_factory=list)


def training_charts(curve: Sequence[Mapping[str, Any]]) -> Training:
    """Loss and quality by epoch; a measure without any value is left out."""
    epochs = [_first(number(row.get("epoch")), place) for place, row in enumerate(curve, 1)]
    kept = [row.get("kept") is True for row in curve]
    charts = []
    for title, keys in _CHARTS:
        lines = [(name, look, [number(row.get(key)) for row in curve]) for key, name, look in keys]
        lines = [line for line in lines if any(value is not None for value in line[2])]
        if lines:
            charts.append(_chart(title, epochs, lines, kept))
    columns = [
        ("step", "Step", 0),
        ("loss", "Train loss", 4),
        ("logloss", "Eval log loss", 4),
        ("auc", "Eval AUC", 4),
        ("rmse", "Eval RMSE", 4),
        ("mae", "Eval MAE", 4),
        ("accuracy", "Eval accuracy", 4),
    ]
    columns = [column for column in columns if any(number(row.get(column[0])) is not None for row in curve)]
    rows = [
        ([f"{epoch:g}", *(fixed(number(row.get(key)), digits) for key, _, digits in columns)], one)
        for epoch, row, one in zip(epochs, curve, kept, strict=True)
    ]
    return Training(charts[:2], ["Epoch", *(head for _, head, _ in columns)], rows)


def _chart(
    title: str, epochs: list[float], lines: list[tuple[str, str, list[float | None]]], kept: list[bool]
) -> Chart:
    ys = [value for _, _, values in lines for value in values if value is not None]
    xlow, xhigh = _range(epochs, 0.5)
    step = _step(*_range(ys, 0.01))
    grid = [place * step for place in _places(*_range(ys, 0.01), step)]
    ylow, yhigh = grid[0], grid[-1]

    def x(epoch: float) -> float:
        return round(LEFT + (epoch - xlow) / (xhigh - xlow) * (WIDTH - LEFT - RIGHT), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (value - ylow) / (yhigh - ylow) * (HEIGHT - TOP - BOTTOM), 1)

    drawn, said = [], []
    for name, look, values in lines:
        points = [
            None if value is None else Dot(x(epoch), y(value), f"{name}, epoch {epoch:g}: {fixed(value)}")
            for epoch, value in zip(epochs, values, strict=True)
        ]
        drawn.append(_line(name, look, points))
        known = [(epoch, value) for epoch, value in zip(epochs, values, strict=True) if value is not None]
        said.append(f"{name}: " + " to ".join(f"{fixed(value)} in epoch {epoch:g}" for epoch, value in _ends(known)))
    return Chart(
        title=title,
        text="; ".join(said) + ".",
        lines=drawn,
        xticks=[(x(tick), f"{tick:g}") for tick in _whole(xlow, xhigh)],
        yticks=[(y(tick), _tick(tick, step)) for tick in grid],
        kept=next((x(epoch) for epoch, one in zip(epochs, kept, strict=True) if one), None),
    )


def _ends(known: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [known[0], known[-1]] if len(known) > 1 else known


def _line(name: str, look: str, points: Sequence[Dot | None]) -> Line:
    parts: list[list[Dot]] = [[]]
    for point in points:
        if point is not None:
            parts[-1].append(point)
        elif parts[-1]:
            parts.append([])
    dots = [point for point in points if point is not None]
    if len(dots) > _MOST_DOTS:
        # A point alone makes no line.
        dots = [part[0] for part in parts if len(part) == 1]
    drawn = [" ".join(f"{point.x:g},{point.y:g}" for point in part) for part in parts if len(part) > 1]
    return Line(name, look, drawn, dots)


def _range(values: list[float], air: float) -> tuple[float, float]:
    """Smallest and largest; with some air around them where they are the same."""
    low, high = min(values), max(values)
    if high - low > 1e-9 * max(abs(low), abs(high)):
        return low, high
    air = max(air, abs(low) * 0.1)
    return low - air, high + air


def _places(low: float, high: float, step: float) -> range:
    """The multiples of the step around a range: its first is below or at the smallest value, its last above."""
    return range(math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9) + 1)


def _whole(low: float, high: float) -> list[float]:
    """Integers within a range, evenly spaced and six at most."""
    step = max(1.0, _step(low, high))
    return [place * step for place in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _step(low: float, high: float) -> float:
    """1, 2 or 5 times a power of ten: the smallest that fits into the range five times or fewer."""
    span = high - low
    power: float = 10.0 ** math.floor(math.log10(span / 5))
    return next(factor * power for factor in (1, 2, 5, 10) if span / (factor * power) <= 5 + 1e-9)


def _tick(value: float, step: float) -> str:
    if abs(value) >= 1e5 or step < 1e-5:
        return f"{value:.3g}"
    return fixed(value, max(0, -math.floor(math.log10(step) + 1e-9)))


def _first(epoch: float | None, place: int) -> float:
    return float(place) if epoch is None else epoch
