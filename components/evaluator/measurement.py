"""What a measurement is: numbers with intervals, of candidate and baseline, on all rows and on slices."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from widedeep.components.common.records import Number, Record
from widedeep.components.common.settings import nearest

# Whose numbers: the candidate's, the baseline's, and candidate minus baseline.
CANDIDATE, BASELINE, CHANGE = "candidate", "baseline", "change"


def _name_of(*known: str) -> tuple[AfterValidator, WithJsonSchema]:
    def check(name: str) -> str:
        if name not in known:
            raise ValueError(f"unknown model '{name}': {nearest(name, known)}")
        return name

    return AfterValidator(check), WithJsonSchema({"type": "string", "enum": list(known)})


# The keys of a record by model, and of one by model and change.
ModelName = Annotated[str, *_name_of(CANDIDATE, BASELINE)]
ComparedName = Annotated[str, *_name_of(CANDIDATE, BASELINE, CHANGE)]
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

    def values(self) -> dict[str, dict[str, Number]]:
        """By model each metric's value, and the rows."""
        values: dict[str, dict[str, Number]] = {}
        for model, metrics in ((CANDIDATE, self.candidate), (BASELINE, self.baseline)):
            if metrics:
                values[model] = {**{name: estimate.value for name, estimate in metrics.items()}, ROWS: self.rows}
        return values

    def intervals(self) -> dict[str, dict[str, tuple[float, float]]]:
        """By model, and for the change, low and high of each metric whose interval is known."""
        models = {CANDIDATE: self.candidate, BASELINE: self.baseline, CHANGE: self.change}
        return {
            model: {name: (estimate.low, estimate.high) for name, estimate in metrics.items() if estimate.known}
            for model, metrics in models.items()
            if metrics
        }


@dataclass(frozen=True)
class Measurement:
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


class RowStatistics(Record):
    """What one pass over the rows tells beside TFMA's metrics."""

    broken: dict[ModelName, int] = Field(description="by model the rows whose score is no number")
    alike: dict[str, float] = Field(description="the slices all of whose rows have one label, by name, and that label")
    errors: dict[str, dict[ComparedName, dict[str, Number]]] = Field(
        description="by slice, then by model and for the candidate's change from the baseline, each metric's standard "
        "error; null where undefined"
    )
