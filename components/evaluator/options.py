"""What a person may set about the evaluation, under `evaluation` in the pipeline's config."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from components.features.strict import Strict, nearest

# Our names, as the command line prints them; TFMA's class; whether more is better (None: neither).
METRICS: dict[str, tuple[str, bool | None]] = {
    "auc": ("AUC", True),
    "auc_pr": ("AUCPrecisionRecall", True),
    "logloss": ("BinaryCrossEntropy", False),
    "accuracy": ("BinaryAccuracy", True),
    "calibration": ("Calibration", None),
}


class Bound(Strict):
    """What one metric must hold for a model to be blessed."""

    at_least: float | None = None
    at_most: float | None = None
    worse_by_at_most: Annotated[float, Field(ge=0)] | None = Field(
        None, description="how much worse than the last blessed model it may be"
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"nothing is at least {self.at_least:g} and at most {self.at_most:g}")
        return self

    @property
    def given(self) -> bool:
        """Whether it bounds anything."""
        return any(limit is not None for limit in (self.at_least, self.at_most, self.worse_by_at_most))


class EvaluationOptions(Strict):
    """On which split, and what makes a model good enough."""

    split: str = "test"
    bounds: dict[str, Bound] = {
        "auc": Bound(at_least=0.5, worse_by_at_most=0.005),
        "logloss": Bound(worse_by_at_most=0.01),
    }

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for name, bound in self.bounds.items():
            if name not in METRICS:
                raise ValueError(f"unknown metric '{name}': {nearest(name, METRICS)}")
            if bound.worse_by_at_most is not None and METRICS[name][1] is None:
                raise ValueError(f"'{name}' has no better or worse: give it at_least and at_most")
        if not any(bound.given for bound in self.bounds.values()):
            raise ValueError("without any bound no model could ever be blessed: give at least one")
        return self
