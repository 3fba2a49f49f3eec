"""The main metric by slice: which slices are shown, in which order, and where their dots lie."""

from __future__ import annotations

import math
from dataclasses import dataclass

from widedeep.components.common.metrics import higher_is_better, in_order
from widedeep.components.evaluator.results import ModelIntervals, ModelMetrics
from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.charts import DotPlot, DotRow, Measurement, dot_plot
from widedeep.pipeline.report.numbers import Change, between, change, count, fixed, metric_name, number, pair

# More rows than these nobody reads.
MOST_SLICES = 30
# A slice's name holds a value of the data, which may be a whole text.
_LONGEST_NAME = 120


@dataclass(frozen=True)
class SliceRow:
    """The metric on one slice, in words and as a dot; `interval` is the value's."""

    name: str
    rows: str
    value: str
    baseline: str
    change: Change | None
    interval: str
    drawn: DotRow


@dataclass(frozen=True)
class SliceTable:
    """The slices with most rows, the worst first; `whole` is the row for all of them together.

    `lead` says what is shown.
    """

    metric: str
    lead: str
    whole: SliceRow
    shown: list[SliceRow]
    hidden: int
    baseline: bool
    plot: DotPlot


def slice_table(summary: Summary) -> SliceTable:
    """Chooses, sorts and places the slices."""
    metric = main_metric(summary)
    sign = 1 if higher_is_better(metric) else -1
    largest = sorted(summary.slices.items(), key=lambda item: (-(_value(item[1], "rows") or 0.0), item[0]))
    chosen = sorted(largest[:MOST_SLICES], key=lambda item: (_order(_value(item[1], metric), sign), item[0]))
    intervals = summary.intervals.slices
    parts = [
        ("all rows", summary.metrics, summary.intervals.whole),
        *((name, models, intervals.get(name, {})) for name, models in chosen),
    ]
    plot = dot_plot(
        [
            Measurement(_value(models, metric), _interval(ends, metric), _value(models, metric, "baseline"))
            for _, models, ends in parts
        ],
        line=_value(summary.metrics, metric),
    )
    whole, *shown = (
        _row(name, models, ends, metric, drawn) for (name, models, ends), drawn in zip(parts, plot.rows, strict=True)
    )
    return SliceTable(
        metric=metric_name(metric),
        lead=f"{metric_name(metric)} by slice, the {'lowest' if sign > 0 else 'highest'} first.",
        whole=whole,
        shown=shown,
        hidden=len(largest) - len(chosen),
        baseline="baseline" in summary.metrics,
        plot=plot,
    )


def main_metric(summary: Summary) -> str:
    """The first of the label's metrics."""
    return next(iter(in_order(name for models in summary.metrics.values() for name in models)), "auc")


def _row(
    name: str,
    models: ModelMetrics,
    intervals: ModelIntervals,
    metric: str,
    drawn: DotRow,
) -> SliceRow:
    candidate, baseline = _value(models, metric), _value(models, metric, "baseline")
    return SliceRow(
        name=name if len(name) <= _LONGEST_NAME else f"{name[:80]}…{name[-30:]}",
        rows=count(_value(models, "rows")),
        value=fixed(candidate),
        baseline=fixed(baseline),
        change=change(metric, candidate, baseline, interval=_interval(intervals, metric, "change")),
        interval=between(_interval(intervals, metric)),
        drawn=drawn,
    )


def _value(models: ModelMetrics, metric: str, model: str = "candidate") -> float | None:
    return number(models.get(model, {}).get(metric))


def _interval(intervals: ModelIntervals, metric: str, of: str = "candidate") -> tuple[float, float] | None:
    return pair(intervals.get(of, {}).get(metric))


def _order(value: float | None, sign: int) -> float:
    return math.inf if value is None else sign * value
