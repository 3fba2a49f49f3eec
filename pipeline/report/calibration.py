"""Calibration: what a model predicts beside what is true, in equal shares of the rows by its score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from widedeep.components.evaluator.plots import CalibrationShare
from widedeep.pipeline.report.axes import (
    FLOOR,
    LEFT,
    MODELS,
    RIGHT,
    TALL,
    TOP,
    WIDTH,
    Chart,
    Dot,
    Line,
    Scale,
    grid,
    line,
    span,
    tick,
)
from widedeep.pipeline.report.numbers import count, fixed, number


@dataclass(frozen=True)
class _Tenth:
    predicted: float
    actual: float
    low: float
    high: float


def calibration_chart(models: Mapping[str, Sequence[CalibrationShare]], sure: bool) -> Chart | None:
    """On equal axes, so that a calibrated model lies on the diagonal.

    Args:
        models: by name the shares of each.
        sure: whether the score is how sure a model is of the likeliest class.
    """
    found = {name: tenths for name, raw in models.items() if (tenths := _tenths(raw))}
    if not found:
        return None
    values = [value for tenths in found.values() for one in tenths for value in (one.predicted, one.actual)]
    ticks, step = grid(*span(values, 0.01))
    x, y = Scale(ticks[0], ticks[-1], LEFT, WIDTH - RIGHT), Scale(ticks[0], ticks[-1], FLOOR, TOP)
    return Chart(
        title="Calibration",
        by="share right" if sure else "true by predicted",
        text="; ".join(_farthest(name, tenths) for name, tenths in reversed(found.items())) + ".",
        lines=[_line(name, tenths, x, y) for name, tenths in found.items()],
        xticks=[(x.place(one), tick(one, step)) for one in ticks],
        yticks=[(y.place(one), tick(one, step)) for one in ticks],
        xlabel="how sure" if sure else "predicted",
        size=(WIDTH, TALL),
        reference=(x.place(ticks[0]), y.place(ticks[0]), x.place(ticks[-1]), y.place(ticks[-1])),
    )


def calibration_table(shares: Sequence[CalibrationShare]) -> list[list[str]]:
    """The candidate's shares in numbers: rows, predicted, actual, and the interval of the actual one."""
    return [
        [
            count(number(each.rows)),
            fixed(number(each.predicted)),
            fixed(number(each.actual)),
            f"{fixed(number(each.low))} to {fixed(number(each.high))}",
        ]
        for each in shares
    ]


def _line(name: str, tenths: list[_Tenth], x: Scale, y: Scale) -> Line:
    dots = [
        Dot(x.place(t.predicted), y.place(t.actual), f"{name}: {fixed(t.predicted)} predicted, {fixed(t.actual)} true")
        for t in tenths
    ]
    # The baseline's would hide the candidate's.
    whiskers = [(x.place(t.predicted), _inside(y, t.low), _inside(y, t.high)) for t in tenths if name == "candidate"]
    return line(name, MODELS[name], dots, whiskers)


def _inside(y: Scale, value: float) -> float:
    return y.place(min(max(value, y.low), y.high))


def _tenths(shares: Sequence[CalibrationShare]) -> list[_Tenth]:
    found = []
    for each in shares:
        predicted, actual, low, high = map(number, (each.predicted, each.actual, each.low, each.high))
        if predicted is not None and actual is not None:
            found.append(_Tenth(predicted, actual, actual if low is None else low, actual if high is None else high))
    return found


def _farthest(name: str, tenths: list[_Tenth]) -> str:
    worst = max(tenths, key=lambda one: abs(one.actual - one.predicted))
    return f"{name}: farthest off where it predicts {fixed(worst.predicted)} and {fixed(worst.actual)} is true"
