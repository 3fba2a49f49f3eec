"""The table of crosses: how full each is, and which are too small."""

from __future__ import annotations

from dataclasses import dataclass

from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.numbers import MISSING, count, number, share


@dataclass(frozen=True)
class CrossRow:
    """One cross; `warning` is "" where it has buckets enough."""

    name: str
    buckets: str
    used: str
    fill: str
    distinct: str
    collide: str
    warning: str


def cross_table(summary: Summary) -> list[CrossRow]:
    """The crosses in the declaration's order."""
    return [
        CrossRow(
            name=cross.name,
            buckets=count(number(cross.buckets)),
            used=count(number(cross.used)),
            fill=share(number(cross.fill)),
            distinct=_distinct(number(cross.distinct), number(cross.standard_error)),
            collide=share(number(cross.collision_rate)),
            warning=cross.warning or "",
        )
        for cross in summary.crosses
    ]


def _distinct(value: float | None, standard_error: float | None) -> str:
    """Three digits: ≈ 355,000; or ≥ 92,100 where no bucket is free, and so nothing bounds it."""
    if value is None:
        return MISSING
    return f"{'≥' if standard_error is None else '≈'} {count(float(f'{value:.3g}'))}"
