"""The rows of the tables of metrics and of components."""

from __future__ import annotations

from dataclasses import dataclass

from widedeep.components.common.metrics import in_order
from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.numbers import Change, between, change, duration, fixed, hint, metric_name, number, pair

_DIGITS = {"calibration": 3}
_STATES = {
    "COMPLETE": ("done", "complete"),
    "CACHED": ("cached", "cached"),
    "SKIPPED": ("skipped", "skipped"),
    "FAILED": ("failed", "failed"),
}


@dataclass(frozen=True)
class MetricRow:
    """One metric of the whole evaluation split; `baseline` and `change` mean nothing where there was none.

    `interval` is the candidate's, and `noise` that of the change; "" where they are not known.
    """

    label: str
    hint: str
    candidate: str
    interval: str
    baseline: str
    change: Change | None
    noise: str


def metric_table(summary: Summary) -> list[MetricRow]:
    """The metrics of this label in their order, and unknown ones after them."""
    candidate, baseline = summary.metrics.get("candidate", {}), summary.metrics.get("baseline", {})
    names = candidate.keys() | baseline.keys()
    known = in_order(names)
    intervals = summary.intervals.whole
    rows = []
    for name in (*known, *sorted(names - set(known) - {"rows"})):
        digits = _DIGITS.get(name, 4)
        ours, theirs = number(candidate.get(name)), number(baseline.get(name))
        noise = pair((intervals.get("change") or {}).get(name))
        rows.append(
            MetricRow(
                label=metric_name(name),
                hint=hint(name),
                candidate=fixed(ours, digits),
                interval=between(pair((intervals.get("candidate") or {}).get(name)), digits),
                baseline=fixed(theirs, digits),
                change=change(name, ours, theirs, digits, noise),
                noise=between(noise, digits, sign=True),
            )
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
    times = [number(node.seconds) or 0.0 for node in summary.components]
    longest = max([*times, 0.0]) or 1.0
    rows = []
    for node, seconds in zip(summary.components, times, strict=True):
        state = node.state
        kind, word = _STATES.get(state, ("other", state.lower()))
        took = duration(number(node.seconds))
        rows.append(ComponentRow(node.id, kind, word, took, f"{max(seconds, 0.0) / longest:.2%}"))
    return rows
