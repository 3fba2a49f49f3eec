"""What the simple models came to, beside the candidate."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from widedeep.components.common.records import Number, Pair, Record

RailName = Literal["constant", "popularity", "logistic_regression"]


class Rail(Record):
    """One simple model."""

    name: RailName = Field(
        description="constant (the label's rate), popularity (each candidate's rate), or logistic_regression (on the "
        "ids of all features)"
    )
    metrics: dict[str, Number] = Field(description="by name")
    changes: dict[str, Number] = Field(description="by metric, the candidate's less this one's")
    intervals: dict[str, Pair] = Field(description="by metric, [low, high] of the change; without those nobody knows")


class RailsRecord(Record):
    """Simple models and the candidate on the same rows."""

    rows: int = Field(description="of the evaluation's split that they were measured on")
    all_rows: bool = Field(description="whether these are all of it")
    train_rows: int = Field(description="of the split train that the simple models learned from")
    all_train_rows: bool = Field(description="whether these are all of it, in the span that was read last")
    candidate_key: str | None = Field(description="the feature whose values' popularity is one of them; null: none is")
    candidate: dict[str, Number] = Field(description="the candidate's metrics on these rows")
    rails: list[Rail] = Field(description="the simple models, the simplest first")
