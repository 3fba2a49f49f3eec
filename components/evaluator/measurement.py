"""What a measurement is: numbers with intervals, of candidate and baseline, on all rows and on slices."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

# Whose numbers: the candidate's, the baseline's, and candidate minus baseline.
CANDIDATE, BASELINE, CHANGE = "candidate", "baseline", "change"
# The number of rows, among the metrics.
ROWS = "rows"
# The slice of all rows.
WHOLE = ""


@dataclass(frozen=True)
class Estimate:
    """A number with its interval, whose ends are NaN where nobody knows."""

    value: float
    low: float
    high: float

    @property
    def known(self) -> bool:
        """Whether the interval has ends."""
        return math.isfinite(self.low) and math.isfinite(self.high)


@dataclass(frozen=True)
class Part:
    """All rows, or one slice: by metric the candidate's, the baseline's, and candidate minus baseline."""

    rows: float
    candidate: dict[str, Estimate] = field(default_factory=dict)
    baseline: dict[str, Estimate] = field(default_factory=dict)
    change: dict[str, Estimate] = field(default_factory=dict)

    def values(self) -> dict[str, dict[str, float]]:
        """By model each metric's value, and the rows."""
        models = {CANDIDATE: self.candidate, BASELINE: self.baseline}
        return {
            model: {name: one.value for name, one in metrics.items()} | {ROWS: self.rows}
            for model, metrics in models.items()
            if metrics
        }

    def intervals(self) -> dict[str, dict[str, list[float]]]:
        """By model, and for the change, [low, high] of each metric whose interval is known."""
        models = {CANDIDATE: self.candidate, BASELINE: self.baseline, CHANGE: self.change}
        return {
            model: {name: [one.low, one.high] for name, one in metrics.items() if one.known}
            for model, metrics in models.items()
            if metrics
        }


@dataclass(frozen=True)
class Measured:
    """One evaluation.

    Attributes:
        whole: all rows.
        slices: by "feature=value".
        label: the label of all rows, where they have the same one.
        broken: rows for which the candidate's score is no number.
    """

    whole: Part
    slices: dict[str, Part]
    label: float | None = None
    broken: int = 0
