"""How a regression's errors are spread."""

from __future__ import annotations

from widedeep.components.common.records import Number
from widedeep.components.evaluator.plots import Residuals
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
from widedeep.pipeline.report.numbers import fixed, number


def residual_chart(residuals: Residuals) -> Chart | None:
    """The share of rows by label less prediction, in equally wide bins."""
    middles = [middle for middle in map(number, residuals.middles) if middle is not None]
    shares = {name: _shares(residuals.shares.get(name, []), len(middles)) for name in MODELS}
    shares = {name: one for name, one in shares.items() if any(one)}
    if not shares:
        return None
    ticks, step = grid(0.0, max(share for one in shares.values() for share in one))
    x, y = Scale(*span(middles, 0.5), LEFT, WIDTH - RIGHT), Scale(0, ticks[-1], FLOOR, TOP)
    places, wide = grid(x.low, x.high)
    return Chart(
        title="Residuals",
        by="share of rows",
        text="; ".join(_most(name, middles, one) for name, one in reversed(shares.items())) + ".",
        lines=[_line(name, middles, one, x, y) for name, one in shares.items()],
        xticks=[(x.place(one), tick(one, wide)) for one in places if x.low <= one <= x.high],
        yticks=[(y.place(one), tick(one, step)) for one in ticks],
        xlabel="label less prediction",
        size=(WIDTH, TALL),
        reference=(x.place(0), FLOOR, x.place(0), TOP) if x.low <= 0 <= x.high else None,
    )


def _shares(shares: list[Number], size: int) -> list[float]:
    found = [share for share in map(number, shares) if share is not None and share >= 0]
    return found if len(found) == size else []


def _line(name: str, middles: list[float], shares: list[float], x: Scale, y: Scale) -> Line:
    points = [Dot(x.place(middle), y.place(share), "") for middle, share in zip(middles, shares, strict=True)]
    return line(name, MODELS[name], points, dotted=False)


def _most(name: str, middles: list[float], shares: list[float]) -> str:
    place = max(range(len(shares)), key=shares.__getitem__)
    return f"{name}: most rows near {fixed(middles[place], 2)}"
