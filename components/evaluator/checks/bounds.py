"""What a person may ask of a metric, and of a metric on slices."""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import Field, model_validator

from widedeep.components.common.metrics import AT_PLACES, HIGHER_IS_BETTER, family, higher_is_better, is_metric
from widedeep.components.common.settings import Strict, nearest

# Metrics that are 1 at most.
_SHARES = {"auc", "auc_pr", "accuracy", "gauc", "mrr", *AT_PLACES}


class Bound(Strict):
    """What one metric must hold for a model to be blessed."""

    at_least: float | None = Field(None, description="holds the lower end of the metric's interval")
    at_most: float | None = Field(None, description="holds the upper end of the metric's interval")
    worse_by_at_most: Annotated[float, Field(ge=0)] | None = Field(
        None, description="how much worse than the last blessed model it may be"
    )
    worse_by_share_at_most: Annotated[float, Field(ge=0)] | None = Field(
        None, description="the same, as a share of the last blessed model's value"
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"nothing is at least {self.at_least:g} and at most {self.at_most:g}")
        return self

    @property
    def compares(self) -> bool:
        """Whether it bounds the change from the last blessed model."""
        return self.worse_by_at_most is not None or self.worse_by_share_at_most is not None

    @property
    def is_of_value(self) -> bool:
        """Whether it bounds the metric's own value."""
        return self.at_least is not None or self.at_most is not None

    @property
    def given(self) -> bool:
        """Whether it bounds anything."""
        return self.compares or self.is_of_value


class SliceBound(Strict):
    """How much worse than the last blessed model's a metric may be on any slice of enough rows."""

    min_rows: int = Field(200, ge=1, description="smaller slices are not held to it")
    metric: str | None = Field(None, description="null: the label's main one")
    worse_by_at_most: Annotated[float, Field(ge=0)] | None = Field(
        None, description="how much worse than the last blessed model's a slice may be"
    )
    worse_by_share_at_most: Annotated[float, Field(ge=0)] | None = Field(
        None, description="the same, as a share of the last blessed model's value"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.metric is not None:
            check_known(self.metric)
            if higher_is_better(self.metric) is None:
                raise ValueError(f"'{self.metric}' has no better or worse")
        if self.worse_by_at_most is None and self.worse_by_share_at_most is None:
            raise ValueError("give worse_by_at_most or worse_by_share_at_most")
        return self

    @property
    def bound(self) -> Bound:
        """What it asks of each slice."""
        return Bound(worse_by_at_most=self.worse_by_at_most, worse_by_share_at_most=self.worse_by_share_at_most)


def check_known(metric: str) -> None:
    """Raises ValueError where there is no such metric."""
    if metric in AT_PLACES:
        raise ValueError(f"'{metric}' looks at the first places of a list: say at how many, as {metric}@10")
    if not is_metric(metric):
        raise ValueError(f"unknown metric '{metric}': {nearest(metric, HIGHER_IS_BETTER)}")


def check_possible(metric: str, bound: Bound) -> None:
    """Raises ValueError where no value of the metric could ever keep the bound."""
    most = 1.0 if family(metric) in _SHARES else math.inf
    if bound.at_least is not None and bound.at_least > most:
        raise ValueError(f"no model has {_an(metric)} of {bound.at_least:g}: it is {most:g} at most")
    if bound.at_most is not None and bound.at_most < 0 and metric != "calibration":
        raise ValueError(f"no model has {_an(metric)} of {bound.at_most:g}: it is 0 at least")


def _an(metric: str) -> str:
    return f"an {metric}" if metric[0] in "ar" else f"a {metric}"
