"""What a search tried, and what came of it: kept while it lasts, and told when it is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field, JsonValue, WithJsonSchema

from widedeep.components.common.metrics import HIGHER_IS_BETTER
from widedeep.components.common.records import Number, Record

FILE = "trials.json"

# A training option's value: text, a number, a list and so on.
OptionValue = Annotated[JsonValue, WithJsonSchema({})]


class Trial(Record):
    """One training with some options."""

    trial: int = Field(description="its number, from 1")
    values: dict[str, OptionValue] = Field(description="the options tried, by dotted name")
    value: Number = Field(description="the metric on eval; null where the training failed")
    seconds: float = Field(description="that the training took")
    error: str | None = Field(None, description="why the training failed; else null")


class Trials(Record):
    """The trials of a search, in order."""

    metric: str = Field(description="what was measured on eval")
    search: str = Field(description="how values were chosen: random or bayesian")
    trials: list[Trial] = Field([], description="the trials so far")
    best: int | None = Field(None, description="number of the best trial; null where none ended well")

    @classmethod
    def of(cls, metric: str, search: str, trials: Sequence[Trial]) -> Self:
        """The record of some trials, with the best one's number; of equal ones it is the first."""
        ended = [(trial.value, trial.trial) for trial in trials if trial.value is not None]
        sign = -1 if HIGHER_IS_BETTER[metric] else 1
        best = min(ended, key=lambda item: (sign * item[0], item[1]), default=(None, None))[1]
        return cls(metric=metric, search=search, trials=list(trials), best=best)
