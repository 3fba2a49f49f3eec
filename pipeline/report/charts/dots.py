"""A dot plot: one value a row with its interval, on an axis that all rows share; places are in per cent of it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from widedeep.pipeline.report.charts.axes import Axis, Tick


@dataclass(frozen=True)
class Measurement:
    """What a row shows: a value, its interval, and another value to compare with; None for what is missing."""

    value: float | None
    interval: tuple[float, float] | None = None
    baseline: float | None = None


@dataclass(frozen=True)
class DotRow:
    """Where a row's dot, the baseline's mark, and the interval's ends lie.

    `caps` are the ends of the interval that lie on the axis, and not beyond it.
    """

    dot: float | None
    mark: float | None
    whisker: tuple[float, float] | None
    caps: tuple[float, ...]


@dataclass(frozen=True)
class DotPlot:
    """The rows on their axis.

    Attributes:
        ticks: of the axis, () where no row has a value.
        rows: in the given order.
        line: the value that all rows are compared with.
        cut: whether an interval goes on beyond the axis.
    """

    ticks: tuple[Tick, ...]
    rows: list[DotRow]
    line: float | None
    cut: bool


def dot_plot(measurements: Sequence[Measurement], line: float | None = None) -> DotPlot:
    """Zooms in on the values, so that small differences show.

    Args:
        measurements: a row each.
        line: a value to compare all rows with.
    """
    values = [value for m in measurements for value in (m.value, m.baseline) if value is not None]
    values += [] if line is None else [line]
    intervals = [m.interval for m in measurements if m.interval is not None]
    if not values:
        return DotPlot((), [DotRow(None, None, None, ()) for _ in measurements], None, False)
    axis = Axis.fitted(_range(values, intervals), 0.0, 100.0)
    return DotPlot(
        ticks=axis.ticks,
        rows=[_row(measurement, axis) for measurement in measurements],
        line=None if line is None else axis.place(line),
        cut=not all(axis.holds(end) for interval in intervals for end in interval),
    )


def _range(values: Sequence[float], intervals: Sequence[tuple[float, float]]) -> list[float]:
    """What the axis spans: the values and their intervals, but of a very long one only a part.

    The interval of a slice with few rows would else leave all the values a corner of the axis.
    """
    low, high = min(values), max(values)
    if not intervals:
        return [low, high]
    # Halves, as the whole may be more than the largest float; twice that is infinite, and then nothing is cut.
    reach = max(high / 2 - low / 2, statistics.median(end / 2 - start / 2 for start, end in intervals)) * 2
    ends = [end for interval in intervals for end in interval]
    return [min(low, max(min(ends), low - reach)), max(high, min(max(ends), high + reach))]


def _row(measurement: Measurement, axis: Axis) -> DotRow:
    interval = measurement.interval
    return DotRow(
        dot=None if measurement.value is None else axis.place(measurement.value),
        mark=None if measurement.baseline is None else axis.place(measurement.baseline),
        whisker=None if interval is None else (axis.place(interval[0]), axis.place(interval[1])),
        caps=tuple(axis.place(end) for end in interval or () if axis.holds(end)),
    )
