"""What came of an evaluation, as it lies beside TFMA's output: the verdict, and metrics with their intervals."""

from __future__ import annotations

import os

from pydantic import Field

from widedeep.components.common.records import Number, Pair, Record
from widedeep.components.evaluator.measurement import ComparedName, ListCounts, ModelName
from widedeep.components.evaluator.plots import PLOTS, Plots
from widedeep.components.evaluator.rails.rails_record import RailsRecord

VERDICT = "verdict.json"

Metrics = dict[str, Number]
ModelMetrics = dict[ModelName, Metrics]
ModelIntervals = dict[ComparedName, dict[str, Pair]]


class Evaluation(Record):
    """One evaluation."""

    blessed: bool = Field(description="whether every bound held")
    metrics: ModelMetrics = Field(
        description="for `candidate`, and `baseline` where there was one, each metric's value on all rows, and `rows`"
    )
    split: str | None = Field(None, description="whose rows were measured")
    slices: dict[str, ModelMetrics] = Field({}, description='the same for each "feature=value" of enough rows')
    refusals: list[str] = Field([], description="for each bound that did not hold, one sentence")
    warnings: list[str] = Field([], description="what the rows do not settle, one sentence each")
    confidence: float | None = Field(None, description="of the intervals; null where there are none")
    intervals: ModelIntervals = Field(
        {},
        description="for `candidate`, `baseline` and `change` (candidate less baseline), [low, high] of each metric on "
        "all rows; without those that nobody knows",
    )
    rails: RailsRecord | None = Field(
        None, description="much simpler models beside the candidate; null where there are none, or none can be"
    )
    lists: ListCounts | None = Field(None, description="that the metrics of lists are of; null where there are none")
    slice_intervals: dict[str, ModelIntervals] = Field({}, description="the same by slice")


def read(uri: str) -> Evaluation:
    """Reads the verdict of one Evaluator execution.

    Raises:
        RecordError: there is none.
    """
    return Evaluation.read(os.path.join(uri, VERDICT))


def read_plots(uri: str) -> Plots:
    """Reads what one Evaluator execution left for drawing.

    Raises:
        RecordError: there is nothing.
    """
    return Plots.read(os.path.join(uri, PLOTS))
