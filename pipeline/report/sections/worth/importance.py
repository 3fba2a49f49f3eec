"""Each feature's importance: the rows of a dot plot with intervals."""

from __future__ import annotations

from dataclasses import dataclass

from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.charts import DotPlot, DotRow, Measurement, dot_plot
from widedeep.pipeline.report.numbers import between, count, fixed, metric_name, number, pair

MOST_FEATURES = 30


@dataclass(frozen=True)
class ImportanceRow:
    """One feature: what is lost without it, with its interval, and where that is drawn."""

    name: str
    value: str
    interval: str
    drawn: DotRow


@dataclass(frozen=True)
class ImportanceChart:
    """The features that matter most first.

    Attributes:
        lead: what is drawn.
        metric: that is lost.
        rows: the features; none where it says why.
        hidden: features that matter less.
        plot: their axis, with a line at no loss.
    """

    lead: str
    metric: str
    rows: list[ImportanceRow]
    hidden: int
    plot: DotPlot


def importance_chart(summary: Summary) -> ImportanceChart | None:
    """The chart; None where the record has none."""
    record = summary.importance
    if record is None:
        return None
    metric = metric_name(record.metric)
    shown = record.features[:MOST_FEATURES]
    plot = dot_plot([Measurement(number(each.loss), pair(each.interval)) for each in shown], line=0.0)
    rows = [
        ImportanceRow(each.feature, fixed(number(each.loss)), between(pair(each.interval), sign=True), drawn)
        for each, drawn in zip(shown, plot.rows, strict=True)
    ]
    some = "all" if record.all_rows else "some"
    lead = (
        f"What the {metric} loses where a feature's values are dealt out anew among the rows, on {some} "
        f"{count(record.rows)} rows of '{summary.split or 'test'}'. Of two features that say the same, either one "
        "makes up for the other."
    )
    return ImportanceChart(
        lead=lead if record.left_out is None else f"Not measured: {record.left_out}",
        metric=f"Loss of {metric}",
        rows=rows,
        hidden=len(record.features) - len(shown),
        plot=plot,
    )
