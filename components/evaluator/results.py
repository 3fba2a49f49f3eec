"""What TFMA wrote, by our names: metrics of candidate and baseline, by slice, and why a model was refused."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.config import LARGEST, ROWS
from components.metrics import HIGHER_IS_BETTER

CANDIDATE, BASELINE = "candidate", "baseline"
# Slices with fewer rows say nothing about a model. (TFMA's own min_slice_size takes their metrics away, and its
# validation then refuses the model for the metrics that are not there.)
MIN_SLICE_ROWS = 50


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
            if (item.key.name in HIGHER_IS_BETTER or item.key.name == ROWS) and not item.key.is_diff:
                # TFMA leaves the name empty where there is one model only.
                model = into.setdefault(item.key.model_name or CANDIDATE, {})
                model[item.key.name] = item.value.double_value.value
    large = {name: models for name, models in slices.items() if models[CANDIDATE][ROWS] >= MIN_SLICE_ROWS}
    return Results(overall, large, list(_refusals(uri, overall.get(BASELINE, {}))))


def _value(key: object) -> str:
    kind = key.WhichOneof("kind")  # type: ignore[attr-defined]
    value = getattr(key, kind)
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _refusals(uri: str, baseline: dict[str, float]) -> Iterator[str]:
    result = tfma.load_validation_result(uri)
    if result is None:
        return
    for one in result.metric_validations_per_slice:
        for failure in one.failures:
            name, value = failure.metric_key.name, failure.metric_value.double_value.value
            if failure.metric_key.is_diff:
                yield _worse(name, value, failure.metric_threshold.change_threshold, baseline)
            else:
                yield _outside(name, value, failure.metric_threshold.value_threshold)


def _worse(name: str, change: float, threshold: config_pb2.GenericChangeThreshold, baseline: dict[str, float]) -> str:
    direction = "lower" if HIGHER_IS_BETTER[name] else "higher"
    absolute, relative = abs(threshold.absolute.value), abs(threshold.relative.value)
    if threshold.HasField("absolute") and not abs(change) <= absolute:
        by, allowed = f"{abs(change):.4f}", f"{absolute:g}"
    else:
        share = abs(change / baseline[name]) if baseline[name] else math.inf
        by, allowed = f"{100 * share:.2f} %", f"{100 * relative:g} %"
    return f"{name} is {by} {direction} than the last blessed model's, at most {allowed} is allowed"


def _outside(name: str, value: float, threshold: config_pb2.GenericValueThreshold) -> str:
    if threshold.HasField("lower_bound") and not value >= threshold.lower_bound.value:
        return f"{name} is {value:.4f}, at least {threshold.lower_bound.value:g} is needed"
    if threshold.upper_bound.value == LARGEST:
        return f"{name} is {value}, which is no number"
    return f"{name} is {value:.4f}, at most {threshold.upper_bound.value:g} is allowed"
