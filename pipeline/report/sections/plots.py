"""The plots of an evaluation, as the charts take them."""

from __future__ import annotations

from collections.abc import Sequence

from widedeep.components.evaluator.plots import CalibrationShare, ModelPlots, Residuals
from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.charts import (
    MODELS,
    Chart,
    Share,
    calibration_chart,
    precision_chart,
    residual_chart,
    roc_chart,
)
from widedeep.pipeline.report.numbers import count, fixed


def plot_charts(summary: Summary) -> list[Chart]:
    """ROC, precision, calibration, residuals: those that the evaluation wrote."""
    plots = summary.plots.models
    charts = [
        roc_chart({model: plots[model].roc or [] for model in plots}, _areas(summary, "auc")),
        precision_chart({model: plots[model].pr or [] for model in plots}, _areas(summary, "auc_pr")),
        calibration_chart({model: _shares(plots[model].calibration) for model in plots}, is_sure(summary)),
        _residuals(summary.plots.residuals) if summary.plots.residuals else None,
    ]
    return [chart for chart in charts if chart]


def is_sure(summary: Summary) -> bool:
    """Whether calibration is of how sure a model is of the likeliest class, and not of its score."""
    return _candidate(summary).confusion is not None


def calibration_table(summary: Summary) -> list[list[str]]:
    """The candidate's shares in numbers: rows, predicted, actual, and the interval of the actual one."""
    return [
        [count(share.rows), fixed(share.predicted), fixed(share.actual), f"{fixed(share.low)} to {fixed(share.high)}"]
        for share in _candidate(summary).calibration
    ]


def _candidate(summary: Summary) -> ModelPlots:
    return summary.plots.models.get("candidate", ModelPlots())


def _areas(summary: Summary, metric: str) -> dict[str, float | None]:
    return {model: summary.metrics.get(model, {}).get(metric) for model in MODELS}


def _shares(calibration: Sequence[CalibrationShare]) -> list[Share]:
    return [
        Share(
            share.predicted,
            share.actual,
            share.actual if share.low is None else share.low,
            share.actual if share.high is None else share.high,
        )
        for share in calibration
        if share.predicted is not None and share.actual is not None
    ]


def _residuals(residuals: Residuals) -> Chart | None:
    """Of the models whose bins are all numbers."""
    middles = _numbers(residuals.middles)
    return residual_chart(middles, {model: _numbers(shares) for model, shares in residuals.shares.items()})


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]
