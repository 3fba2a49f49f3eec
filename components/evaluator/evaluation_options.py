"""What a person may set about the evaluation, under `evaluation` in the pipeline's config."""

from __future__ import annotations

import math
from typing import Self

from pydantic import Field, model_validator

from widedeep.components.common.errors import ConfigError
from widedeep.components.common.metrics import higher_is_better, in_order, is_of_lists
from widedeep.components.common.settings import Strict, nearest
from widedeep.components.evaluator.checks.bounds import Bound, SliceBound, check_known, check_possible
from widedeep.components.evaluator.ranking.ranking_options import RankingOptions, list_metric_names
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
        "keep them together, and each one's rows are a list whose ranking is measured; null: each row by itself",
    )
    ranking: RankingOptions = Field(RankingOptions(), description="metrics of lists of rows, where there are any")
    rails: bool = Field(
        True,
        description="measure much simpler models, of a binary label, beside the candidate: the label's rate, each "
        "candidate's popularity, and a logistic regression on the features' ids",
    )
    importance: bool = Field(
        True, description="the report shows how much the model relies on each feature, on some of the rows"
    )
    slices: SliceBound | None = Field(None, description="what each value of the features with `slice: true` must hold")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.bounds is None:
            return self
        for name, bound in self.bounds.items():
            check_known(name)
            if bound.compares and higher_is_better(name) is None:
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
        known = [*METRICS[label.kind], *self.list_metrics(label)]
        for name in set(self.bounds) - set(known):
            raise ConfigError(f"evaluation.bounds: {self._missing(label, name)}")
        return self.bounds

    @property
    def list_key(self) -> str | None:
        """The feature whose rows are one list; None where nothing is ranked."""
        return self.ranking.by or self.group_by

    def list_metrics(self, label: Label) -> list[str]:
        """The metrics of lists: of a binary label whose rows are in lists."""
        return list_metric_names(self.ranking.at) if self.list_key and label.kind == "binary" else []

    def _missing(self, label: Label, name: str) -> str:
        """Why a metric is not measured."""
        if name in METRICS[label.kind] or not is_of_lists(name) or label.kind != "binary":
            known = ", ".join([*METRICS[label.kind], *self.list_metrics(label)])
            return f"a {label.kind} label has no '{name}': it has {known}."
        if not self.list_key:
            return f"'{name}' is of lists of rows: name the feature whose rows are one list, as group_by: user_id."
        known = ", ".join(self.list_metrics(label))
        return f"'{name}' is not measured: {known} are. evaluation.ranking.at says at which places."

    def check_group(self, spec: FeatureSpec) -> None:
        """Whether rows can be grouped as it says.

        Raises:
            ConfigError: no such feature, or one that is not categorical.
        """
        for setting, key in (("group_by", self.group_by), ("ranking.by", self.ranking.by)):
            feature = spec.by_key.get(key or "")
            if key and feature is None:
                raise ConfigError(f"evaluation.{setting}: unknown feature '{key}': {nearest(key, spec.by_key)}")
            if feature and feature.kind != "categorical":
                raise ConfigError(f"evaluation.{setting}: '{key}' is {feature.kind}: give a categorical feature.")
        if self.ranking.by and spec.label.kind != "binary":
            raise ConfigError(
                f"evaluation.ranking.by: lists are judged by labels 0 and 1, and this label is {spec.label.kind}."
            )

    def slice_metric(self, label: Label) -> str:
        """The metric that slices are held to.

        Raises:
            ConfigError: the label has no such metric.
        """
        if self.slices is None or self.slices.metric is None:
            return in_order(METRICS[label.kind])[0]
        metric, known = self.slices.metric, METRICS[label.kind]
        if is_of_lists(metric):
            raise ConfigError(
                f"evaluation.slices: '{metric}' is of lists, which a slice may cut apart: give {', '.join(known)}."
            )
        if metric not in known:
            raise ConfigError(f"evaluation.slices: a {label.kind} label has no '{metric}': it has {', '.join(known)}.")
        return metric


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
