"""What a person may set about metrics of lists, under `evaluation.ranking`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, field_validator

from widedeep.components.common.metrics import AT_PLACES
from widedeep.components.common.settings import Strict

# Each asks for three metrics more.
_MOST = 5
Places = Annotated[int, Field(ge=1, le=10_000)]


def list_metric_names(places: Sequence[int]) -> list[str]:
    """The metrics of lists, of which some look at the first k places; see list_metrics.py."""
    return ["gauc", "mrr", *(f"{name}@{k}" for k in places for name in AT_PLACES)]


class RankingOptions(Strict):
    """Which rows are one list, and how much of it a person looks at."""

    by: str | None = Field(
        None,
        description="a categorical feature whose rows are one list, as a request's id; null: that of group_by",
    )
    at: tuple[Places, ...] = Field(
        (10,), max_length=_MOST, description="the first places of a list that ndcg, recall and hit look at"
    )

    @field_validator("at")
    @classmethod
    def _rising(cls, places: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(set(places)))
