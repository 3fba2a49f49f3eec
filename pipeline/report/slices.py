"""The main metric by slice: which slices are shown, in which order, and where their bars lie."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from widedeep.components.common.metrics import HIGHER_IS_BETTER, in_order
from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.numbers import Change, between, change, count, fixed, metric_name, number, pair

# More bars than these nobody reads.
MOST_SLICES = 30
# AUC of a toss of a coin: where its bars start.
COIN = 0.5
# A slice's name holds a value of the data, which may be a whole text.
_LONGEST_NAME = 120


@dataclass(frozen=True)
class SliceRow:
    """The metric on one slice: `start` and `width` place the bar, `mark` the baseline, in per cent of the axis.

    `interval` is the value's, in words, and `whisker` its ends on the axis.
    """

    name: str
    rows: str
    value: str
    baseline: str
    change: Change | None
    start: str = ""
    width: str = ""
    mark: str = ""
    interval: str = ""
    whisker: tuple[str, str] | None = None


@dataclass(frozen=True)
class SliceTable:
    """The slices with most rows, the worst first; `whole` is the row for all of them together.

    `lead` says what is shown, `ticks` are the axis: place in per cent, and label.
    """

    metric: str
    lead: str
    whole: SliceRow
    shown: list[SliceRow]
    hidden: int
    baseline: bool
    ticks: list[tuple[str, str]]


@dataclass(frozen=True)
class _Axis:
    """From `low` to `high`, with bars that start at `zero`."""

    low: float
    zero: float
    high: float

    @classmethod
    def of(cls, metric: str, values: Iterable[float]) -> _Axis:
        if metric == "auc":
            low = math.floor(min([*values, COIN]) * 10) / 10
            return cls(min(COIN, max(low, 0.0)), COIN, 1.0)
        return cls(0.0, 0.0, max([*values, 0.0]) or 1.0)

    @property
    def ticks(self) -> list[tuple[str, str]]:
        inner = self.zero if self.low < self.zero else (self.low + self.high) / 2
        return [(self.place(tick), f"{tick:.3g}") for tick in (self.low, inner, self.high)]

    def place(self, value: float) -> str:
        return f"{self._share(value):.2%}"

    def bar(self, value: float) -> tuple[str, str]:
        left, right = sorted((self._share(value), self._share(self.zero)))
        return f"{left:.2%}", f"{right - left:.2%}"

    def _share(self, value: float) -> float:
        return (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)


def slice_table(summary: Summary) -> SliceTable:
    """Chooses, sorts and places the slices."""
    metric = next(iter(in_order(name for models in summary.metrics.values() for name in models)), "auc")
    largest = sorted(summary.slices.items(), key=lambda item: (-(_get(item[1], "rows") or 0.0), item[0]))
    chosen = largest[:MOST_SLICES]
    everything = [summary.metrics, *(models for _, models in chosen)]
    values = [_get(models, metric, who) for models in everything for who in ("candidate", "baseline")]
    axis = _Axis.of(metric, [value for value in values if value is not None])
    sign = 1 if HIGHER_IS_BETTER[metric] else -1
    chosen.sort(key=lambda item: (_order(_get(item[1], metric), sign), item[0]))
    lead = f"{metric_name(metric)} by slice, the {'lowest' if sign > 0 else 'highest'} first."
    return SliceTable(
        metric=metric_name(metric),
        lead=f"{lead} Bars start at {COIN:g}, the toss of a coin." if metric == "auc" else lead,
        whole=_slice_row("all rows", summary.metrics, metric, axis, summary.intervals.whole),
        shown=[
            _slice_row(name, models, metric, axis, summary.intervals.slices.get(name, {})) for name, models in chosen
        ],
        hidden=len(largest) - len(chosen),
        baseline="baseline" in summary.metrics,
        ticks=axis.ticks,
    )


def _slice_row(
    name: str,
    models: Mapping[str, Mapping[str, float | None]],
    metric: str,
    axis: _Axis,
    intervals: Mapping[str, Mapping[str, object]],
) -> SliceRow:
    ours, theirs = _get(models, metric), _get(models, metric, "baseline")
    interval = pair((intervals.get("candidate") or {}).get(metric))
    start, width = ("", "") if ours is None else axis.bar(ours)
    return SliceRow(
        name=name if len(name) <= _LONGEST_NAME else f"{name[:80]}…{name[-30:]}",
        rows=count(_get(models, "rows")),
        value=fixed(ours),
        baseline=fixed(theirs),
        change=change(metric, ours, theirs, interval=pair((intervals.get("change") or {}).get(metric))),
        start=start,
        width=width,
        mark="" if theirs is None else axis.place(theirs),
        interval=between(interval),
        whisker=None if interval is None else (axis.place(interval[0]), axis.place(interval[1])),
    )


def _get(models: Mapping[str, Mapping[str, float | None]], metric: str, who: str = "candidate") -> float | None:
    return number(models.get(who, {}).get(metric))


def _order(value: float | None, sign: int) -> float:
    return math.inf if value is None else sign * value
