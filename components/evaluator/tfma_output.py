"""Reads TFMA's values, and puts the jackknife's intervals around them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import tensorflow_model_analysis as tfma

from widedeep.components.common.metrics import HIGHER_IS_BETTER
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
)
from widedeep.components.evaluator.statistics.jackknife import half_width

# What a metric can be; an interval ends there.
_RANGES = {"auc": (0.0, 1.0), "auc_pr": (0.0, 1.0), "accuracy": (0.0, 1.0), "calibration": (-math.inf, math.inf)}
_POSITIVE = (0.0, math.inf)
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
            if item.key.name in HIGHER_IS_BETTER or item.key.name == ROWS:
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
        parts[name] = _part(values, statistics.errors.get(name, {}), confidence)
    label, broken = statistics.alike.get(WHOLE), statistics.broken[CANDIDATE]
    return Measurement(parts.pop(WHOLE, Part(0)), parts, label, broken)


def _part(values: dict[str, dict[str, float]], errors: Mapping[str, Mapping[str, Number]], confidence: float) -> Part:
    rows = values[CANDIDATE].get(ROWS, 0.0)
    estimates = {
        model: {
            name: _estimate(name, value, errors.get(model, {}).get(name), confidence, model == CHANGE)
            for name, value in metrics.items()
            if name != ROWS
        }
        for model, metrics in values.items()
    }
    return Part(rows, estimates[CANDIDATE], estimates[BASELINE], estimates[CHANGE])


def _estimate(name: str, value: float, error: Number, confidence: float, change: bool) -> Estimate:
    reach = half_width(math.nan if error is None else error, confidence)
    least, most = (-math.inf, math.inf) if change else _RANGES.get(name, _POSITIVE)
    return Estimate(value, max(value - reach, least), min(value + reach, most))


def _value(key: object) -> str:
    kind = key.WhichOneof("kind")  # type: ignore[attr-defined]
    value = getattr(key, kind)
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
