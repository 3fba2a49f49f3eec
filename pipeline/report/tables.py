"""The rows of the report's tables, with their bars."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from components.evaluator.options import METRICS
from pipeline.report.numbers import Change, change, count, duration, fixed, number
from pipeline.summary import Summary

# More bars than these nobody reads.
MOST_SLICES = 30
# AUC of a toss of a coin: where the bars start.
COIN = 0.5
# A slice's name holds a value of the data, which may be a whole text.
_LONGEST_NAME = 120
_WORDS = {
    "auc": ("AUC", "higher is better"),
    "auc_pr": ("PR-AUC", "higher is better"),
    "logloss": ("Log loss", "lower is better"),
    "accuracy": ("Accuracy", "higher is better"),
    "calibration": ("Calibration", "best at 1"),
}
_DIGITS = {"calibration": 3}
_STATES = {
    "COMPLETE": ("done", "complete"),
    "CACHED": ("cached", "cached"),
    "SKIPPED": ("skipped", "skipped"),
    "FAILED": ("failed", "failed"),
}


@dataclass(frozen=True)
class MetricRow:
    """One metric of the whole evaluation split; `baseline` and `change` mean nothing where there was none."""

    label: str
    hint: str
    candidate: str
    baseline: str
    change: Change | None


def metric_table(summary: Summary) -> list[MetricRow]:
    """The known metrics in their order, and others after them."""
    candidate, baseline = summary.metrics.get("candidate", {}), summary.metrics.get("baseline", {})
    others = sorted((candidate.keys() | baseline.keys()) - METRICS.keys() - {"rows"})
    rows = []
    for name in (*METRICS, *others):
        label, hint = _WORDS.get(name, (name, ""))
        digits = _DIGITS.get(name, 4)
        ours, theirs = number(candidate.get(name)), number(baseline.get(name))
        rows.append(
            MetricRow(label, hint, fixed(ours, digits), fixed(theirs, digits), change(name, ours, theirs, digits))
        )
    return rows


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


def _slice_row(name: str, models: Mapping[str, Mapping[str, float]], low: float) -> SliceRow:
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


def _get(models: Mapping[str, Mapping[str, float]], metric: str, who: str = "candidate") -> float | None:
    return number(models.get(who, {}).get(metric))


def _order(auc: float | None) -> float:
    return math.inf if auc is None else auc


def _per_cent(value: float, low: float) -> str:
    return f"{(min(max(value, low), 1.0) - low) / (1 - low):.2%}"


@dataclass(frozen=True)
class ComponentRow:
    """One component: `kind` names the mark, `width` is the bar's, in per cent of the slowest."""

    name: str
    kind: str
    state: str
    seconds: str
    width: str


def component_table(summary: Summary) -> list[ComponentRow]:
    """The components in order."""
    times = [number(node.get("seconds")) or 0.0 for node in summary.components]
    longest = max([*times, 0.0]) or 1.0
    rows = []
    for node, seconds in zip(summary.components, times, strict=True):
        state = str(node.get("state", "unknown"))
        kind, word = _STATES.get(state, ("other", state.lower()))
        took = duration(number(node.get("seconds")))
        rows.append(ComponentRow(str(node.get("id", "?")), kind, word, took, f"{max(seconds, 0.0) / longest:.2%}"))
    return rows
