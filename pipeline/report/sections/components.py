"""The components as bars over the time of the run (a Gantt chart), a row each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from widedeep.pipeline.record.summary import NodeRecord, Summary
from widedeep.pipeline.report.numbers import duration, number

_STATES = {
    "COMPLETE": ("done", "complete"),
    "CACHED": ("cached", "cached"),
    "SKIPPED": ("skipped", "skipped"),
    "FAILED": ("failed", "failed"),
}


@dataclass(frozen=True)
class ComponentRow:
    """One component: `kind` names the mark, `start` and `width` place its bar, in per cent of the run's time."""

    name: str
    kind: str
    state: str
    seconds: str
    start: str
    width: str


def component_table(summary: Summary) -> list[ComponentRow]:
    """The components in order."""
    spans = _spans(summary.components)
    whole = max((end for _, end in spans), default=0.0) or 1.0
    rows = []
    for node, (start, end) in zip(summary.components, spans, strict=True):
        kind, word = _STATES.get(node.state, ("other", node.state.lower()))
        took = duration(number(node.seconds))
        rows.append(ComponentRow(node.id, kind, word, took, f"{start / whole:.2%}", f"{(end - start) / whole:.2%}"))
    return rows


def _spans(nodes: Sequence[NodeRecord]) -> list[tuple[float, float]]:
    """Beginning and end of each; where an older record has no beginning, it is the end of the one before."""
    spans: list[tuple[float, float]] = []
    for node in nodes:
        seconds, started = (max(number(value) or 0.0, 0.0) for value in (node.seconds, node.started))
        if node.started is None and spans:
            started = spans[-1][1]
        spans.append((started, started + seconds))
    return spans
