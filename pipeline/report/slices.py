"""AUC by slice: which slices are shown, in which order, and where their bars lie."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.report.numbers import Change, change, count, fixed, number
from pipeline.summary import Summary

# More bars than these nobody reads.
MOST_SLICES = 30
# AUC of a toss of a coin: where the bars start.
COIN = 0.5
# A slice's name holds a value of the data, which may be a whole text.
_LONGEST_NAME = 120


@dataclass(frozen=True)
class SliceRow:
    """AUC on one slice: `start` and `width` place the bar, `mark` the baseline, in per cent of the axis."""

    name: str
    rows: str
    auc: str
    baseline: str
    change: Change | None
    start: str = ""
    width: str = ""
    mark: str = ""


@dataclass(frozen=True)
class SliceTable:
    """The slices with most rows, the lowest AUC first; `whole` is the row for all of them together.

    `ticks` are the axis: place in per cent, and label.
    """

    whole: SliceRow
    shown: list[SliceRow]
    hidden: int
    baseline: bool
    ticks: list[tuple[str, str]]


def slice_table(summary: Summary) -> SliceTable:
    """Chooses, sorts and places the slices."""
    largest = sorted(summary.slices.items(), key=lambda item: (-(_get(item[1], "rows") or 0.0), item[0]))
    chosen = largest[:MOST_SLICES]
    everything = [summary.metrics, *(models for _, models in chosen)]
    values = [_get(models, "auc", who) for models in everything for who in ("candidate", "baseline")]
    low = min(COIN, math.floor(min((value for value in values if value is not None), default=COIN) * 10) / 10)
    low = max(low, 0.0)
    chosen.sort(key=lambda item: (_order(_get(item[1], "auc")), item[0]))
    return SliceTable(
        whole=_slice_row("all rows", summary.metrics, low),
        shown=[_slice_row(name, models, low) for name, models in chosen],
        hidden=len(largest) - len(chosen),
        baseline="baseline" in summary.metrics,
        ticks=[(_per_cent(tick, low), f"{tick:g}") for tick in ((low, COIN, 1.0) if low < COIN else (COIN, 0.75, 1.0))],
    )


def _slice_row(name: str, models: Mapping[str, Mapping[str, float | None]], low: float) -> SliceRow:
    ours, theirs = _get(models, "auc"), _get(models, "auc", "baseline")
    bar = ("", "")
    if ours is not None:
        left, right = sorted((min(max(ours, low), 1.0), COIN))
        bar = (_per_cent(left, low), f"{(right - left) / (1 - low):.2%}")
    return SliceRow(
        name=name if len(name) <= _LONGEST_NAME else f"{name[:80]}…{name[-30:]}",
        rows=count(_get(models, "rows")),
        auc=fixed(ours),
        baseline=fixed(theirs),
        change=change("auc", ours, theirs),
        start=bar[0],
        width=bar[1],
        mark="" if theirs is None else _per_cent(theirs, low),
    )


def _get(models: Mapping[str, Mapping[str, float | None]], metric: str, who: str = "candidate") -> float | None:
    return number(models.get(who, {}).get(metric))


def _order(auc: float | None) -> float:
    return math.inf if auc is None else auc


def _per_cent(value: float, low: float) -> str:
    return f"{(min(max(value, low), 1.0) - low) / (1 - low):.2%}"
