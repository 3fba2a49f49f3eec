"""The last line of every benchmark: one JSON list, an entry a number."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
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


def print_figures(figures: list[Figure]) -> None:
    """Prints the line that scripts read."""
    rows = []
    for figure in figures:
        row = asdict(figure)
        row["value"] = round(figure.value, 4)
        row["holds"] = figure.holds
        rows.append(row)
    print(json.dumps(rows), flush=True)
