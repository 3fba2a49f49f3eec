"""The plots of an evaluation as lines to draw: ROC, precision and recall, calibration, residuals."""

from __future__ import annotations

from typing import Literal

from widedeep.components.evaluator.plots import ModelPlots, Point
from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.axes import FLOOR, LEFT, MODELS, RIGHT, TALL, TOP, WIDTH, Chart, Dot, Line, Scale, line
from widedeep.pipeline.report.calibration import calibration_chart
from widedeep.pipeline.report.numbers import fixed, metric_name, number
from widedeep.pipeline.report.residuals import residual_chart

_TICKS = (0, 0.2, 0.4, 0.6, 0.8, 1)


def curve_charts(summary: Summary) -> list[Chart]:
    """What the evaluation wrote for drawing (see the evaluator's curves.py); nothing where it is not there."""
    models = summary.plots.models
    charts = [
        _rates("ROC", "true by false positive rate", "false positive rate", "roc", summary, "auc"),
        _rates("Precision", "by recall", "recall", "pr", summary, "auc_pr"),
        calibration_chart({name: models[name].calibration for name in MODELS if name in models}, is_sure(summary)),
        residual_chart(summary.plots.residuals) if summary.plots.residuals else None,
    ]
    return [chart for chart in charts if chart]


def is_sure(summary: Summary) -> bool:
    """Whether calibration is of how sure a model is of the likeliest class, and not of its score."""
    candidate = summary.plots.models.get("candidate")
    return candidate is not None and candidate.confusion is not None


def _rates(title: str, by: str, xlabel: str, key: Literal["roc", "pr"], summary: Summary, area: str) -> Chart | None:
    """A curve of two rates, each from 0 to 1."""
    x, y = Scale(0, 1, LEFT, WIDTH - RIGHT), Scale(0, 1, FLOOR, TOP)
    lines: list[Line] = []
    said = []
    for name, look in MODELS.items():
        points = _points(summary.plots.models.get(name), key)
        if points:
            lines.append(line(name, look, [Dot(x.place(a), y.place(b), "") for a, b in points], dotted=False))
            enclosed = fixed(number(summary.metrics.get(name, {}).get(area)))
            said.append(f"{name}: {metric_name(area)} {enclosed}")
    if not lines:
        return None
    return Chart(
        title=title,
        by=by,
        text="; ".join(reversed(said)) + ".",
        lines=lines,
        xticks=[(x.place(one), f"{one:g}") for one in _TICKS],
        yticks=[(y.place(one), f"{one:g}") for one in _TICKS],
        xlabel=xlabel,
        size=(WIDTH, TALL),
        # Where a toss of a coin lies.
        reference=(x.place(0), y.place(0), x.place(1), y.place(1)) if key == "roc" else None,
    )


def _points(plots: ModelPlots | None, key: Literal["roc", "pr"]) -> list[Point]:
    points = None if plots is None else plots.roc if key == "roc" else plots.pr
    return points or []
