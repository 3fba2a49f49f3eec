"""How well models rank lists of rows, with what the jackknife tells of its noise."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from pydantic import Field

from widedeep.components.common.records import Number, Record
from widedeep.components.evaluator.measurement import (
    BASELINE,
    CANDIDATE,
    CHANGE,
    LEAST_GROUPS,
    ComparedName,
    Estimate,
    ListCounts,
    ModelName,
)
from widedeep.components.evaluator.ranking.list_sums import ListSums
from widedeep.components.evaluator.ranking.ranking_options import list_metric_names
from widedeep.components.evaluator.statistics.intervals import ROWS_OF_AN_AREA, quantile, rate_interval
from widedeep.components.evaluator.statistics.jackknife import standard_error
from widedeep.components.evaluator.statistics.supports import effective


class ListSupport(Record):
    """What the noise of a metric of lists was estimated from, as Kish's effective numbers."""

    groups: float = Field(description="groups that the jackknife leaves out")
    lists: float = Field(description="lists that count")
    positives: float = Field(description="rows of label 1 in these")


class RankingRecord(Record):
    """Metrics of lists."""

    counts: ListCounts = Field(description="the lists")
    values: dict[ModelName, dict[str, Number]] = Field(description="by model each metric; null where no list counts")
    errors: dict[ComparedName, dict[str, Number]] = Field(
        description="by model, and for the candidate's change from the baseline, each metric's standard error"
    )
    supports: dict[str, ListSupport] = Field(description="by metric, what these were estimated from")

    def estimates(self, model: str, confidence: float) -> dict[str, Estimate]:
        """The metrics of a model, or of the change, with their intervals; {} where there is no such model."""
        return {
            name: self._estimate(model, name, math.nan if error is None else error, confidence)
            for name, error in self.errors.get(model, {}).items()
        }

    def _estimate(self, model: str, name: str, error: float, confidence: float) -> Estimate:
        support = self.supports[name]
        value = self._value(model, name)
        if support.groups < LEAST_GROUPS or not math.isfinite(error) or not math.isfinite(value):
            return Estimate(value, math.nan, math.nan)
        reach = quantile(support.groups, confidence)
        if model == CHANGE:
            return Estimate(value, value - reach * error, value + reach * error)
        # Whether a list has a hit is a yes or no; the others are spread less, as an area is.
        most = support.lists if name.startswith("hit@") else ROWS_OF_AN_AREA * support.positives
        return Estimate(value, *rate_interval(value, error, most, reach))

    def _value(self, model: str, name: str) -> float:
        if model == CHANGE:
            return self._value(CANDIDATE, name) - self._value(BASELINE, name)
        value = self.values[model][name]
        return math.nan if value is None else value


def ranking_record(sums: ListSums, by: str, places: Sequence[int]) -> RankingRecord:
    """What follows from the sums.

    Args:
        sums: over all lists; of two models the first is the candidate.
        by: the feature whose rows are one list.
        places: each k.
    """
    metrics = list_metric_names(places)
    means = dict(zip((CANDIDATE, BASELINE), sums.means(), strict=False))
    values: dict[str, dict[str, Number]] = {
        model: dict(zip(metrics, each[0].tolist(), strict=True)) for model, each in means.items()
    }
    if BASELINE in means:
        means[CHANGE] = means[CANDIDATE] - means[BASELINE]
    errors: dict[str, dict[str, Number]] = {
        model: {name: standard_error(each[1:, place]) for place, name in enumerate(metrics)}
        for model, each in means.items()
    }
    total, by_group = sums.weights.sum(axis=0), np.sum(sums.weights**2, axis=0)
    good, squares = sums.positives.tolist()
    supports = {
        name: ListSupport(
            groups=effective(total[place], by_group[place]),
            lists=effective(total[place], sums.squares[place]),
            positives=effective(good, squares),
        )
        for place, name in enumerate(metrics)
    }
    share = sums.lists / sums.everywhere if sums.lists else 1.0
    counts = ListCounts(by=by, lists=sums.lists, counted=sums.counted, rows_outside=sums.outside, share=share)
    return RankingRecord(counts=counts, values=values, errors=errors, supports=supports)
