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
# The jackknife's error of fewer (effective) groups says nothing: two positives that happen to lie high have none.
LEAST_GROUPS = 5


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


class Support(Record):
    """How much some rows can tell: what the noise of a metric was estimated from.

    Attributes of weights and groups are Kish's effective numbers (1965), (sum w)^2 / sum w^2: as many equal ones would
    be as noisy.
    """

    rows: int = Field(description="with a weight above 0")
    count: float = Field(description="effective number of the rows")
    groups: float = Field(description="effective number of the groups that the jackknife leaves out")
    side: str | None = Field(None, description="what the rows have, as 'label 1'; null where they are all rows")

    @property
    def enough(self) -> bool:
        """Whether they can tell how sure a metric is."""
        return self.groups >= LEAST_GROUPS

    @property
    def words(self) -> str:
        """Rows of label 1."""
        return f"rows of {self.side}" if self.side else "rows"


class Supports(Record):
    """Of all rows or of a slice."""

    every: Support = Field(description="all rows")
    rarer: Support | None = Field(description="of the label's two sides the one that tells less; null of a regression")

    @property
    def scarce(self) -> Support | None:
        """What there is too little of, if anything."""
        return next((each for each in (self.every, self.rarer) if each and not each.enough), None)


class BaseComparison(Record):
    """The candidate beside who knows nothing of a row, and predicts the label's rate in what it was trained on."""

    metric: str = Field(description="that is compared: logloss or rmse")
    value: Number = Field(description="of the rate alone, on the rows of the evaluation")
    difference: Number = Field(description="the candidate's metric less that")
    error: Number = Field(description="the difference's standard error; null where undefined")
    constant: Number = Field(
        description="the candidate's score, where it is the same for all rows (of classes, their highest); else null"
    )
    saturated: int = Field(description="rows for which the candidate's score is as good as 0 or 1")


class ListCounts(Record):
    """The lists that a model was judged on."""

    by: str = Field(description="the feature whose rows are one list")
    lists: int = Field(description="all of them, or a sample")
    counted: int = Field(description="those with rows of both labels: of the others no order is better than another")
    rows_outside: int = Field(description="rows that have no value of the feature, and so are in no list")
    share: float = Field(1.0, description="of all lists; below 1 these were drawn by their names' hash")

    @property
    def words(self) -> str:
        """What the metrics are of: 300 of 943 lists of one 'user_id' have both labels."""
        sample = f", a sample of {self.share:.3g} of all," if self.share < 1 else ""
        return f"{self.counted:,} of the {self.lists:,} lists of one '{self.by}'{sample} have rows of both labels"


@dataclass(frozen=True)
class Part:
    """All rows, or one slice: by metric the candidate's, the baseline's, and candidate minus baseline."""

    rows: float
    candidate: dict[str, Estimate] = field(default_factory=dict)
    baseline: dict[str, Estimate] = field(default_factory=dict)
    change: dict[str, Estimate] = field(default_factory=dict)
    supports: Supports | None = None

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
        label: the label of all rows with weight, where they have the same one.
        broken: rows for which the candidate's score is no number.
        base: the candidate beside who knows nothing of a row.
        lists: that the metrics of lists are of; None where there are none.
    """

    whole: Part
    slices: dict[str, Part]
    label: float | None = None
    broken: int = 0
    base: BaseComparison | None = None
    lists: ListCounts | None = None


class RowStatistics(Record):
    """What one pass over the rows tells beside TFMA's metrics."""

    broken: dict[ModelName, int] = Field(description="by model the rows whose score is no number")
    alike: dict[str, float] = Field(description="the slices all of whose rows have one label, by name, and that label")
    errors: dict[str, dict[ComparedName, dict[str, Number]]] = Field(
        description="by slice, then by model and for the candidate's change from the baseline, each metric's standard "
        "error; null where undefined"
    )
    supports: dict[str, Supports] = Field(description="by slice, what the errors were estimated from")
    base: BaseComparison = Field(description="on all rows, the candidate beside who knows nothing of a row")
