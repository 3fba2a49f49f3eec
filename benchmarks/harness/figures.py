"""The last line of every benchmark: one JSON list, an entry a number."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass


# Read back, `holds` is passed over: it follows from the value and the goal.
@dataclass(frozen=True, config=ConfigDict(extra="ignore"))
class Figure:
    """One number.

    Attributes:
        name: what was measured.
        value: the number.
        unit: its unit.
        goal: what it should be, as "<= 0.6"; None where there is no goal.
        against: what was measured beside it in the same run.
        details: how it came about.
    """

    name: str
    value: float
    unit: str
    goal: str | None
    against: str
    details: dict[str, Any]

    @property
    def holds(self) -> bool | None:
        """Whether the value meets the goal."""
        if self.goal is None:
            return None
        sign, bound = self.goal.split()
        return self.value <= float(bound) if sign == "<=" else self.value >= float(bound)


def entries(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """The figures for JSON, values to four decimals."""
    return [asdict(figure) | {"value": round(figure.value, 4), "holds": figure.holds} for figure in figures]


def print_figures(figures: Sequence[Figure]) -> None:
    """Prints the line that scripts read."""
    print(json.dumps(entries(figures)), flush=True)
