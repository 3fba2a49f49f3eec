"""What TFMA wrote, by our names: metrics of candidate and baseline, by slice, and why a model was refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import tensorflow_model_analysis as tfma

from components.evaluator.options import METRICS

CANDIDATE, BASELINE = "candidate", "baseline"
# Slices with fewer rows say nothing about a model. (TFMA's own min_slice_size takes their metrics away, and its
# validation then refuses the model for the metrics that are not there.)
MIN_SLICE_ROWS = 50
# The key of TFMA's class AUC is auc, of BinaryCrossEntropy binary_crossentropy: as Keras would name it.
_NAMES = {
    "auc": "auc",
    "auc_precision_recall": "auc_pr",
    "binary_crossentropy": "logloss",
    "binary_accuracy": "accuracy",
    "calibration": "calibration",
    "example_count": "rows",
}


@dataclass(frozen=True)
class Results:
    """One evaluation.

    Attributes:
        metrics: for "candidate", and "baseline" where there was one, each metric's value on all rows.
        slices: for each "feature=value" of at least MIN_SLICE_ROWS rows, the same.
        refusals: for each bound that did not hold, one sentence; empty for a blessed model.
    """

    metrics: dict[str, dict[str, float]]
    slices: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)


def read(uri: str) -> Results:
    """Reads the output of one Evaluator execution."""
    overall: dict[str, dict[str, float]] = {}
    slices: dict[str, dict[str, dict[str, float]]] = {}
    for one in tfma.load_metrics(uri):
        name = ", ".join(f"{key.column}={_value(key)}" for key in one.slice_key.single_slice_keys)
        into = slices.setdefault(name, {}) if name else overall
        for item in one.metric_keys_and_values:
            if item.key.name in _NAMES and not item.key.is_diff:
                # TFMA leaves the name empty where there is one model only.
                model = into.setdefault(item.key.model_name or CANDIDATE, {})
                model[_NAMES[item.key.name]] = item.value.double_value.value
    large = {name: models for name, models in slices.items() if models[CANDIDATE]["rows"] >= MIN_SLICE_ROWS}
    return Results(overall, large, list(_refusals(uri)))


def _value(key: object) -> str:
    kind = key.WhichOneof("kind")  # type: ignore[attr-defined]
    value = getattr(key, kind)
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _refusals(uri: str) -> Iterator[str]:
    result = tfma.load_validation_result(uri)
    if result is None:
        return
    for one in result.metric_validations_per_slice:
        for failure in one.failures:
            name = _NAMES.get(failure.metric_key.name, failure.metric_key.name)
            yield _sentence(name, failure)


def _sentence(name: str, failure: object) -> str:
    value = failure.metric_value.double_value.value  # type: ignore[attr-defined]
    threshold = failure.metric_threshold  # type: ignore[attr-defined]
    if failure.metric_key.is_diff:  # type: ignore[attr-defined]
        allowed = abs(threshold.change_threshold.absolute.value)
        higher = METRICS[name][1]
        return (
            f"{name} is {abs(value):.4f} {'lower' if higher else 'higher'} than the last blessed model's, "
            f"at most {allowed:g} is allowed"
        )
    bounds = threshold.value_threshold
    if bounds.HasField("lower_bound") and not value >= bounds.lower_bound.value:
        return f"{name} is {value:.4f}, at least {bounds.lower_bound.value:g} is needed"
    return f"{name} is {value:.4f}, at most {bounds.upper_bound.value:g} is allowed"
