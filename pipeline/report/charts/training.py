"""The training curve: loss and quality by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from widedeep.pipeline.report.charts.axes import Axis
from widedeep.pipeline.report.charts.lines import BOTTOM, LEFT, RIGHT, TOP, WIDTH, Chart, Series, draw
from widedeep.pipeline.report.numbers import fixed

HEIGHT = 210
# The charts: title, and for each line the measure, its name and its look. The first two that have values are drawn.
_CHARTS = (
    ("Loss", (("loss", "train", "dashed"), ("logloss", "eval", "solid"))),
    ("AUC", (("auc", "eval", "solid"),)),
    ("RMSE", (("rmse", "eval", "solid"),)),
    ("Accuracy", (("accuracy", "eval", "solid"),)),
)
_MOST_CHARTS = 2


def training_charts(
    epochs: Sequence[float], measures: Mapping[str, Sequence[float | None]], kept: float | None = None
) -> list[Chart]:
    """Two charts at most; a measure without any value is left out.

    Args:
        epochs: the epochs' numbers.
        measures: by `loss`, `logloss`, `auc`, `rmse`, `accuracy` a finite value an epoch, None where it is missing.
        kept: the epoch whose weights are the model's.
    """
    charts = []
    for title, lines in _CHARTS:
        series = [
            _series(name, look, epochs, measures[measure])
            for measure, name, look in lines
            if any(value is not None for value in measures.get(measure, ()))
        ]
        if series:
            charts.append(_chart(title, epochs, series, kept))
    return charts[:_MOST_CHARTS]


def _series(name: str, look: str, epochs: Sequence[float], values: Sequence[float | None]) -> Series:
    points = [None if value is None else (epoch, value) for epoch, value in zip(epochs, values, strict=True)]
    tips = [f"{name}, epoch {epoch:g}: {fixed(value)}" for epoch, value in zip(epochs, values, strict=True)]
    return Series(name, look, points, tips)


def _chart(title: str, epochs: Sequence[float], series: list[Series], kept: float | None) -> Chart:
    x = Axis.fitted(epochs, LEFT, WIDTH - RIGHT, air=0.5, least_step=1)
    y = Axis.rounded([point[1] for line in series for point in line.points if point], HEIGHT - BOTTOM, TOP)
    return Chart(
        title=title,
        by="by epoch",
        text="; ".join(f"{line.name}: {_course(line)}" for line in series) + ".",
        lines=[draw(line, x, y) for line in series],
        x=x,
        y=y,
        xlabel="",
        size=(WIDTH, HEIGHT),
        kept=None if kept is None else x.place(kept),
    )


def _course(line: Series) -> str:
    """0.6000 in epoch 1 to 0.2000 in epoch 9."""
    known = [point for point in line.points if point is not None]
    ends = [known[0], known[-1]] if len(known) > 1 else known
    return " to ".join(f"{fixed(value)} in epoch {epoch:g}" for epoch, value in ends)
