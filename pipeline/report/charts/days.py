"""A share by day: of several who rank, a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from widedeep.pipeline.report.charts.axes import Axis
from widedeep.pipeline.report.charts.lines import BOTTOM, LEFT, RIGHT, TOP, WIDTH, Chart, Series, draw
from widedeep.pipeline.report.numbers import fixed

_HEIGHT = 240
_LOOKS = ("dotted", "solid", "dashed")


def day_chart(title: str, shares: Mapping[str, Sequence[float]], first: int = 1) -> Chart:
    """A line for each of three at most.

    Args:
        title: what is shared.
        shares: by name a value a day, of equally many days; drawn in this order, and named from the last on.
        first: the first day's number.
    """
    days = range(first, first + max(map(len, shares.values())))
    x = Axis.fitted(days, LEFT, WIDTH - RIGHT, air=0.5, least_step=1)
    y = Axis.rounded([share for line in shares.values() for share in line], _HEIGHT - BOTTOM, TOP)
    lines = [
        Series(
            name,
            look,
            list(zip(days, line, strict=True)),
            [f"{name}, day {day}: {fixed(share)}" for day, share in zip(days, line, strict=True)],
        )
        for look, (name, line) in zip(_LOOKS, shares.items(), strict=False)
    ]
    return Chart(
        title=title,
        by="by day",
        text="; ".join(f"{name}: {', '.join(map(fixed, line))}" for name, line in shares.items()) + ".",
        lines=[draw(line, x, y) for line in lines],
        x=x,
        y=y,
        xlabel="",
        size=(WIDTH, _HEIGHT),
    )
