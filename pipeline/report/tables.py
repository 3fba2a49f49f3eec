"""The rows of the tables of metrics and of components."""

from __future__ import annotations

from dataclasses import dataclass

from components.evaluator.options import METRICS
from pipeline.report.numbers import Change, change, duration, fixed, number
from pipeline.summary import Summary

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
