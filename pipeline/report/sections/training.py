"""The training curve: its charts, and the same in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.charts import Chart, training_charts
from widedeep.pipeline.report.numbers import fixed

# Measure, head of its column, and digits.
_COLUMNS = (
    ("step", "Step", 0),
    ("loss", "Train loss", 4),
    ("logloss", "Eval log loss", 4),
    ("auc", "Eval AUC", 4),
    ("rmse", "Eval RMSE", 4),
    ("mae", "Eval MAE", 4),
    ("accuracy", "Eval accuracy", 4),
)


@dataclass(frozen=True)
class EpochRow:
    """One epoch: a cell a head of the table."""

    cells: list[str]
    kept: bool


@dataclass(frozen=True)
class Training:
    """The charts, and the table of the epochs."""

    charts: list[Chart]
    heads: list[str]
    rows: list[EpochRow]


def training_section(summary: Summary) -> Training:
    """Loss and quality by epoch; a measure without any value is left out."""
    curve = summary.training
    measures: dict[str, list[float | None]] = {
        measure: [getattr(epoch, measure) for epoch in curve] for measure, _, _ in _COLUMNS
    }
    columns = [column for column in _COLUMNS if any(value is not None for value in measures[column[0]])]
    return Training(
        charts=training_charts(
            [epoch.epoch for epoch in curve], measures, next((epoch.epoch for epoch in curve if epoch.kept), None)
        ),
        heads=["Epoch", *(head for _, head, _ in columns)],
        rows=[
            EpochRow([str(epoch.epoch), *(fixed(measures[m][place], digits) for m, _, digits in columns)], epoch.kept)
            for place, epoch in enumerate(curve)
        ],
    )
