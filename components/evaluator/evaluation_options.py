"""What a person may set about the evaluation, under `evaluation` in the pipeline's config."""

from __future__ import annotations

import math
from typing import Self

from pydantic import Field, model_validator

from widedeep.components.common.errors import ConfigError
from widedeep.components.common.metrics import HIGHER_IS_BETTER, in_order
from widedeep.components.common.settings import Strict, nearest
from widedeep.components.evaluator.checks.bounds import Bound, SliceBound, check_known, check_possible
from widedeep.components.features.spec import FeatureSpec, Label

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


class EvaluationOptions(Strict):
    """On which split, and what makes a model good enough."""

    split: str = Field("test", description="on whose rows the model is judged")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="of the intervals that the bounds are held to")
    bounds: dict[str, Bound] | None = Field(
        None, description="by metric; null: what the label's kind asks, see the explanation of the gates"
    )
    beat_base_rate: bool = Field(
        True,
        description="the model must predict better, beyond noise, than who knows nothing of a row but the label's rate "
        "(mean, class rates) in the split train",
    )
    group_by: str | None = Field(
        None,
        description="a categorical feature, as the user's id, whose rows are not independent of each other: intervals "
        "keep them together; null: each row by itself",
    )
    slices: SliceBound | None = Field(None, description="what each value of the features with `slice: true` must hold")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.bounds is None:
            return self
        for name, bound in self.bounds.items():
            check_known(name)
            if bound.compares and HIGHER_IS_BETTER[name] is None:
                raise ValueError(f"'{name}' has no better or worse: give it at_least and at_most")
            check_possible(name, bound)
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

    def check_group(self, spec: FeatureSpec) -> None:
        """Whether rows can be grouped as it says.

        Raises:
            ConfigError: no such feature, or one that is not categorical.
        """
        if self.group_by is None:
            return
        feature = spec.by_key.get(self.group_by)
        if feature is None:
            raise ConfigError(
                f"evaluation.group_by: unknown feature '{self.group_by}': {nearest(self.group_by, spec.by_key)}"
            )
        if feature.kind != "categorical":
            raise ConfigError(f"evaluation.group_by: '{self.group_by}' is {feature.kind}: give a categorical feature.")

    def slice_metric(self, label: Label) -> str:
        """The metric that slices are held to.

        Raises:
            ConfigError: the label has no such metric.
        """
        if self.slices is None or self.slices.metric is None:
            return in_order(METRICS[label.kind])[0]
        _check_has(label, self.slices.metric, "slices")
        return self.slices.metric


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
