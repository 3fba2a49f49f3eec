"""The rows of the table of components."""

from __future__ import annotations

from dataclasses import dataclass

from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.numbers import duration, number

_STATES = {
    "COMPLETE": ("done", "complete"),
    "CACHED": ("cached", "cached"),
    "SKIPPED": ("skipped", "skipped"),
    "FAILED": ("failed", "failed"),
}


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
        kind, word = _STATES.get(node.state, ("other", node.state.lower()))
        took = duration(number(node.seconds))
        rows.append(ComponentRow(node.id, kind, word, took, f"{max(seconds, 0.0) / longest:.2%}"))
    return rows
