"""What came of an evaluation, as it lies beside TFMA's output: verdict, metrics with intervals, plots."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import tensorflow as tf

VERDICT, PLOTS = "verdict.json", "plots.json"

Values = dict[str, dict[str, float]]
Intervals = dict[str, dict[str, list[float]]]


@dataclass(frozen=True)
class Results:
    """One evaluation.

    Attributes:
        metrics: for "candidate", and "baseline" where there was one, each metric's value on all rows.
        slices: the same for each "feature=value" of enough rows.
        refusals: for each bound that did not hold, one sentence; empty for a blessed model.
        warnings: what the rows do not settle, one sentence each.
        confidence: of the intervals, None where there are none.
        intervals: for "candidate", "baseline" and "change" (candidate minus baseline), [low, high] of each metric on
            all rows; without those that nobody knows.
        slice_intervals: the same by slice.
        plots: see components/evaluator/statistics/curves.py.
    """

    metrics: Values
    slices: dict[str, Values] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    confidence: float | None = None
    intervals: Intervals = field(default_factory=dict)
    slice_intervals: dict[str, Intervals] = field(default_factory=dict)
    plots: dict[str, Any] = field(default_factory=dict)

    def verdict(self) -> dict[str, Any]:
        """The content of verdict.json: all but the plots. A metric that is no number is null, as JSON has it."""
        content = asdict(self)
        del content["plots"]
        content["metrics"] = _nulls(self.metrics)
        content["slices"] = {name: _nulls(values) for name, values in self.slices.items()}
        return {"blessed": not self.refusals, **content}


def _nulls(values: Values) -> dict[str, dict[str, float | None]]:
    return {
        model: {name: value if math.isfinite(value) else None for name, value in metrics.items()}
        for model, metrics in values.items()
    }


def _numbers(values: Mapping[str, Mapping[str, float | None]]) -> Values:
    return {
        model: {name: math.nan if value is None else value for name, value in metrics.items()}
        for model, metrics in values.items()
    }


def from_json(verdict: Mapping[str, Any], plots: Mapping[str, Any]) -> Results:
    """The results of both files' content."""
    known = {key: value for key, value in verdict.items() if key != "blessed"}
    known["metrics"] = _numbers(verdict["metrics"])
    known["slices"] = {name: _numbers(values) for name, values in verdict["slices"].items()}
    return Results(**known, plots=dict(plots))


def read(uri: str) -> Results:
    """Reads the output of one Evaluator execution."""
    return from_json(_read(os.path.join(uri, VERDICT)), _read(os.path.join(uri, PLOTS)))


def _read(path: str) -> dict[str, Any]:
    with tf.io.gfile.GFile(path) as file:
        content: dict[str, Any] = json.load(file)
    return content
