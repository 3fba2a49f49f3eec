"""What a person may set about the evaluation, under `evaluation` in the pipeline's config."""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import Field, model_validator

from widedeep.components.common.errors import ConfigError
from widedeep.components.common.metrics import HIGHER_IS_BETTER, in_order
from widedeep.components.common.settings import Strict, nearest
from widedeep.components.features.spec import Label

# For each kind of label its metrics, and TFMA's class of each; or Keras', where TFMA has none.
# (Keras' log loss takes no chance for less than 1e-7.)
METRICS: dict[str, dict[str, str]] = {
    "binary": {
        "auc": "AUC",
        "auc_pr": "AUCPrecisionRecall",
        "logloss": "BinaryCrossEntropy",
        "accuracy": "BinaryAccuracy",
        "calibration": "Calibration",
    },
    "regression": {"rmse": "RootMeanSquaredError", "mae": "MeanAbsoluteError", "calibration": "Calibration"},
    "multiclass": {"logloss": "SparseCategoricalCrossentropy", "accuracy": "SparseCategoricalAccuracy"},
}


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
    def given(self) -> bool:
        """Whether it bounds anything."""
        return self.compares or self.at_least is not None or self.at_most is not None


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
            _check_known(self.metric)
            if HIGHER_IS_BETTER[self.metric] is None:
                raise ValueError(f"'{self.metric}' has no better or worse")
        if self.worse_by_at_most is None and self.worse_by_share_at_most is None:
            raise ValueError("give worse_by_at_most or worse_by_share_at_most")
        return self

    @property
    def bound(self) -> Bound:
        """What it asks of each slice."""
        return Bound(worse_by_at_most=self.worse_by_at_most, worse_by_share_at_most=self.worse_by_share_at_most)


class EvaluationOptions(Strict):
    """On which split, and what makes a model good enough."""

    split: str = Field("test", description="on whose rows the model is judged")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="of the intervals that the bounds are held to")
    bounds: dict[str, Bound] | None = Field(
        None, description="by metric; null: what the label's kind asks, see the explanation of the gates"
    )
    slices: SliceBound | None = Field(None, description="what each value of the features with `slice: true` must hold")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.bounds is None:
            return self
        for name, bound in self.bounds.items():
            _check_known(name)
            if bound.compares and HIGHER_IS_BETTER[name] is None:
                raise ValueError(f"'{name}' has no better or worse: give it at_least and at_most")
        if not any(bound.given for bound in self.bounds.values()):
            raise ValueError("without any bound no model could ever be blessed: give at least one")
        return self

    def bounds_of(self, label: Label) -> dict[str, Bound]:
        """The bounds by metric, checked against the label; where none are set, its kind's.

        Raises:
            ConfigError: the label has no such metric.
        """
        if self.bounds is None:
            return _default_bounds(label)
        for name in self.bounds:
            _check_has(label, name, "bounds")
        return self.bounds

    def slice_metric(self, label: Label) -> str:
        """The metric that slices are held to.

        Raises:
            ConfigError: the label has no such metric.
        """
        if self.slices is None or self.slices.metric is None:
            return in_order(METRICS[label.kind])[0]
        _check_has(label, self.slices.metric, "slices")
        return self.slices.metric


def _check_known(metric: str) -> None:
    if metric not in HIGHER_IS_BETTER:
        raise ValueError(f"unknown metric '{metric}': {nearest(metric, HIGHER_IS_BETTER)}")


def _check_has(label: Label, metric: str, key: str) -> None:
    if metric not in METRICS[label.kind]:
        known = ", ".join(METRICS[label.kind])
        raise ConfigError(f"evaluation.{key}: a {label.kind} label has no '{metric}': it has {known}.")


def _default_bounds(label: Label) -> dict[str, Bound]:
    """No worse than knowing nothing of a row, and hardly worse than the last blessed model.

    Who knows nothing has an AUC of 0.5, or log(classes) as log loss. An error is in the label's unit, so that only its
    change, as a share, can be bounded.
    """
    if label.kind == "regression":
        return {"rmse": Bound(worse_by_share_at_most=0.01)}
    if label.kind == "multiclass":
        assert label.classes is not None
        guessed = math.log(label.classes)
        return {
            "logloss": Bound(at_most=guessed, worse_by_at_most=0.01),
            "accuracy": Bound(worse_by_at_most=0.005),
        }
    return {"auc": Bound(at_least=0.5, worse_by_at_most=0.005), "logloss": Bound(worse_by_at_most=0.01)}
