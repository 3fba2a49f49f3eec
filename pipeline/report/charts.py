"""The training curve as lines to draw."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from widedeep.components.trainer.training.training_record import Epoch
from widedeep.pipeline.report.axes import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Chart,
    Dot,
    Scale,
    grid,
    line,
    nice_step,
    span,
    tick,
)
from widedeep.pipeline.report.numbers import fixed, number

HEIGHT = 210
# The charts: title, and for each line the key in the record, its name and its look. The first two that have values
# are drawn.
_CHARTS = (
    ("Loss", (("loss", "train", "dashed"), ("logloss", "eval", "solid"))),
    ("AUC", (("auc", "eval", "solid"),)),
    ("RMSE", (("rmse", "eval", "solid"),)),
    ("Accuracy", (("accuracy", "eval", "solid"),)),
)


@dataclass(frozen=True)
class Training:
    """The charts, and the same as a table: its heads, and a row an epoch with whether it was kept."""

    charts: list[Chart]
    heads: list[str] = field(default_factory=list)
    rows: list[tuple[list[str], bool]] = field(default_factory=list)


def training_charts(curve: Sequence[Epoch]) -> Training:
    """Loss and quality by epoch; a measure without any value is left out."""
    epochs = [float(row.epoch) for row in curve]
    kept = [row.kept for row in curve]
    charts = []
    for title, keys in _CHARTS:
        lines = [(name, look, [number(getattr(row, key)) for row in curve]) for key, name, look in keys]
        lines = [line for line in lines if any(value is not None for value in line[2])]
        if lines:
            charts.append(_chart(title, epochs, lines, kept))
    columns = [
        ("step", "Step", 0),
        ("loss", "Train loss", 4),
        ("logloss", "Eval log loss", 4),
        ("auc", "Eval AUC", 4),
        ("rmse", "Eval RMSE", 4),
        ("mae", "Eval MAE", 4),
        ("accuracy", "Eval accuracy", 4),
    ]
    columns = [column for column in columns if any(number(getattr(row, column[0])) is not None for row in curve)]
    rows = [
        ([f"{epoch:g}", *(fixed(number(getattr(row, key)), digits) for key, _, digits in columns)], one)
        for epoch, row, one in zip(epochs, curve, kept, strict=True)
    ]
    return Training(charts[:2], ["Epoch", *(head for _, head, _ in columns)], rows)


def _chart(
    title: str, epochs: list[float], lines: list[tuple[str, str, list[float | None]]], kept: list[bool]
) -> Chart:
    ys = [value for _, _, values in lines for value in values if value is not None]
    ticks, step = grid(*span(ys, 0.01))
    x = Scale(*span(epochs, 0.5), LEFT, WIDTH - RIGHT)
    y = Scale(ticks[0], ticks[-1], HEIGHT - BOTTOM, TOP)
    drawn, said = [], []
    for name, look, values in lines:
        points = [
            None if value is None else Dot(x.place(epoch), y.place(value), f"{name}, epoch {epoch:g}: {fixed(value)}")
            for epoch, value in zip(epochs, values, strict=True)
        ]
        drawn.append(line(name, look, points))
        known = [(epoch, value) for epoch, value in zip(epochs, values, strict=True) if value is not None]
        said.append(f"{name}: " + " to ".join(f"{fixed(value)} in epoch {epoch:g}" for epoch, value in _ends(known)))
    return Chart(
        title=title,
        by="by epoch",
        text="; ".join(said) + ".",
        lines=drawn,
        xticks=[(x.place(epoch), f"{epoch:g}") for epoch in _whole(x.low, x.high)],
        yticks=[(y.place(value), tick(value, step)) for value in ticks],
        xlabel="",
        size=(WIDTH, HEIGHT),
        kept=next((x.place(epoch) for epoch, one in zip(epochs, kept, strict=True) if one), None),
    )


def _ends(known: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [known[0], known[-1]] if len(known) > 1 else known


def _whole(low: float, high: float) -> list[float]:
    """Integers within a range, evenly spaced and six at most."""
    step = max(1.0, nice_step(low, high))
    return [place * step for place in range(math.ceil(low / step), math.floor(high / step) + 1)]
