"""What the gate on data tells of data that passed: its warnings, and how far features moved."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from widedeep.components.common.records import Number, Record

VERDICT = "verdict.json"

Kind = Literal["drift", "skew"]
_OTHER = {"drift": "the span accepted before it", "skew": "the serving data"}


class Distance(Record):
    """How far a feature's values lie from those of another time (drift) or from those seen while serving (skew)."""

    split: str = Field(description="whose values")
    feature: str = Field(description="whose values")
    kind: Kind = Field(description="drift or skew")
    measure: str = Field(description="the distance's name")
    value: Number = Field(description="between 0 (equal) and 1")
    limit: float = Field(description="the declared one")
    changes: str = Field(description="what changed most, in words")

    @property
    def too_far(self) -> bool:
        """Whether it is beyond its limit; one that is no number is."""
        return self.value is None or self.value > self.limit

    @property
    def reason(self) -> str:
        """Distance, limit and changes, in words."""
        value = "no number" if self.value is None else f"{self.value:.3f}"
        distance = f"{self.measure} {value}, at most {self.limit:g} is allowed"
        return f"{self.kind} from {_OTHER[self.kind]}: {distance}; {self.changes}"


class GateVerdict(Record):
    """The gate's verdict on data that passed."""

    warnings: list[str] = Field(description="what speaks against the data, but does not stop the run")
    notes: list[str] = Field([], description="what is worth knowing of the data, and may be as it should")
    distances: list[Distance] = Field(description="by split, and by feature in the declaration's order")
