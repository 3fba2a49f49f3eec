"""The rows of the table of metrics."""

from __future__ import annotations

from dataclasses import dataclass

from widedeep.components.common.metrics import in_order
from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.numbers import Change, between, change, fixed, hint, metric_name, number, pair

_DIGITS = {"calibration": 3}


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
        value, before = number(candidate.get(name)), number(baseline.get(name))
        noise = pair((intervals.get("change") or {}).get(name))
        rows.append(
            MetricRow(
                label=metric_name(name),
                hint=hint(name),
                candidate=fixed(value, digits),
                interval=between(pair((intervals.get("candidate") or {}).get(name)), digits),
                baseline=fixed(before, digits),
                change=change(name, value, before, digits, noise),
                noise=between(noise, digits, sign=True),
            )
        )
    return rows
