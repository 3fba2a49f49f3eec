"""Each metric's value, from the same sums as its noise, and as TFMA keeps it in its files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_model_analysis as tfma

from widedeep.components.evaluator.accumulation.accumulator import LABEL, LOSS, RIGHT, SCORE, WEIGHT, Accumulator
from widedeep.components.evaluator.accumulation.areas import areas
from widedeep.components.evaluator.measurement import BASELINE, CANDIDATE, ROWS, WHOLE


def metric_values(accumulator: Accumulator) -> dict[str, float]:
    """The metrics of the label's kind; NaN where one is undefined."""
    kind, sums = accumulator.label.kind, accumulator.sums.sum(axis=0)
    loss, right = (_ratio(sums[column], sums[WEIGHT]) for column in (LOSS, RIGHT))
    if kind == "multiclass":
        return {"logloss": loss, "accuracy": right}
    # As TFMA has it, what is as good as 0 divides nothing.
    calibration = math.nan if np.isclose(sums[LABEL], 0.0) else float(sums[SCORE] / sums[LABEL])
    if kind == "regression":
        return {"rmse": math.sqrt(loss), "mae": right, "calibration": calibration}
    auc, auc_pr = areas(*accumulator.steps.sums())
    return {"auc": auc, "auc_pr": auc_pr, "logloss": loss, "accuracy": right, "calibration": calibration}


def tfma_metrics(accumulators: dict[tuple[str, str], Accumulator], weighted: bool) -> Iterator[tuple[Any, Any]]:
    """What TFMA writes of each slice: its key, and by metric key the values of both models and of their difference.

    Args:
        accumulators: by slice and model.
        weighted: whether rows have weights.
    """
    compared = any(model == BASELINE for _, model in accumulators)
    for (name, model), candidate in accumulators.items():
        if model != CANDIDATE:
            continue
        metrics = {}
        values = metric_values(candidate) | {ROWS: float(candidate.rows)}
        baseline = accumulators.get((name, BASELINE))
        others = metric_values(baseline) | {ROWS: float(baseline.rows)} if baseline else {}
        for metric, value in values.items():
            of = {"example_weighted": weighted and metric != ROWS}
            metrics[tfma.metrics.MetricKey(metric, model_name=CANDIDATE if compared else "", **of)] = value
            if metric in others:
                metrics[tfma.metrics.MetricKey(metric, model_name=BASELINE, **of)] = others[metric]
                change = tfma.metrics.MetricKey(metric, model_name=CANDIDATE, is_diff=True, **of)
                metrics[change] = value - others[metric]
        yield () if name == WHOLE else (tuple(name.split("=", 1)),), metrics


def _ratio(total: float, weight: float) -> float:
    return float(total / weight) if weight else math.nan
