"""Reads TFMA's values, and puts the jackknife's intervals around them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import tensorflow_model_analysis as tfma

from widedeep.components.common.metrics import is_metric, is_of_lists
from widedeep.components.common.records import Number
from widedeep.components.evaluator.measurement import (
    BASELINE,
    CANDIDATE,
    CHANGE,
    ROWS,
    WHOLE,
    Estimate,
    Measurement,
    Part,
    RowStatistics,
    Supports,
)
from widedeep.components.evaluator.statistics.intervals import estimate, estimate_change

# What needs both classes.
_AREAS = {"auc", "auc_pr"}


def read_measurement(uri: str, statistics: RowStatistics, confidence: float) -> Measurement:
    """Reads TFMA's output.

    Args:
        uri: its folder.
        statistics: of the same pass. A baseline whose scores are no numbers counts as none.
        confidence: of the intervals.
    """
    parts = {}
    for record in tfma.load_metrics(uri):
        name = ", ".join(f"{key.column}={_value(key)}" for key in record.slice_key.single_slice_keys)
        values: dict[str, dict[str, float]] = {CANDIDATE: {}, BASELINE: {}, CHANGE: {}}
        for item in record.metric_keys_and_values:
            if item.key.name == ROWS or (is_metric(item.key.name) and not is_of_lists(item.key.name)):
                # TFMA leaves the name empty where there is one model only.
                model = CHANGE if item.key.is_diff else item.key.model_name or CANDIDATE
                values[model][item.key.name] = item.value.double_value.value
        if name in statistics.alike:
            # TFMA calls the area of one class 0.
            values = {
                model: metrics | dict.fromkeys(_AREAS & metrics.keys(), math.nan) for model, metrics in values.items()
            }
        if statistics.broken.get(BASELINE):
            values |= {BASELINE: {}, CHANGE: {}}
        parts[name] = _part(values, statistics.errors.get(name, {}), statistics.supports.get(name), confidence)
    label, broken = statistics.alike.get(WHOLE), statistics.broken[CANDIDATE]
    return Measurement(parts.pop(WHOLE, Part(0)), parts, label, broken, statistics.base)


def _part(
    values: dict[str, dict[str, float]],
    errors: Mapping[str, Mapping[str, Number]],
    supports: Supports | None,
    confidence: float,
) -> Part:
    rows = values[CANDIDATE].get(ROWS, 0.0)
    estimates = {
        model: {
            name: _estimate(name, value, errors.get(model, {}).get(name), supports, confidence, model == CHANGE)
            for name, value in metrics.items()
            if name != ROWS
        }
        for model, metrics in values.items()
    }
    return Part(rows, estimates[CANDIDATE], estimates[BASELINE], estimates[CHANGE], supports)


def _estimate(
    name: str, value: float, error: Number, supports: Supports | None, confidence: float, change: bool
) -> Estimate:
    if supports is None or error is None:
        return Estimate(value, math.nan, math.nan)
    return (estimate_change if change else estimate)(name, value, error, supports, confidence)


def _value(key: object) -> str:
    kind = key.WhichOneof("kind")  # type: ignore[attr-defined]
    value = getattr(key, kind)
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
