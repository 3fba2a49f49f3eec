"""Curves of two rates, each from 0 to 1: ROC, and precision by recall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from widedeep.pipeline.report.charts.axes import Axis
from widedeep.pipeline.report.charts.lines import FLOOR, LEFT, MODELS, RIGHT, TALL, TOP, WIDTH, Chart, Series, draw
from widedeep.pipeline.report.numbers import fixed, metric_name

Point: TypeAlias = tuple[float, float]


def roc_chart(curves: Mapping[str, Sequence[Point]], areas: Mapping[str, float | None]) -> Chart | None:
    """True by false positive rate, beside where a toss of a coin lies.

    Args:
        curves: by model the points: false positive rate, true positive rate.
        areas: by model the AUC.
    """
    coin = (LEFT, FLOOR, WIDTH - RIGHT, TOP)
    return _rates("ROC", "true by false positive rate", "false positive rate", curves, "auc", areas, coin)


def precision_chart(curves: Mapping[str, Sequence[Point]], areas: Mapping[str, float | None]) -> Chart | None:
    """Precision by recall; `curves` holds by model the points, recall first, `areas` the PR-AUC."""
    return _rates("Precision", "by recall", "recall", curves, "auc_pr", areas)


def _rates(
    title: str,
    by: str,
    xlabel: str,
    curves: Mapping[str, Sequence[Point]],
    metric: str,
    areas: Mapping[str, float | None],
    reference: tuple[float, float, float, float] | None = None,
) -> Chart | None:
    models = [model for model in MODELS if curves.get(model)]
    if not models:
        return None
    x, y = Axis.rounded((0, 1), LEFT, WIDTH - RIGHT), Axis.rounded((0, 1), FLOOR, TOP)
    return Chart(
        title=title,
        by=by,
        text="; ".join(f"{model}: {metric_name(metric)} {fixed(areas.get(model))}" for model in reversed(models)) + ".",
        lines=[draw(Series(model, MODELS[model], curves[model]), x, y) for model in models],
        x=x,
        y=y,
        xlabel=xlabel,
        size=(WIDTH, TALL),
        reference=reference,
    )
