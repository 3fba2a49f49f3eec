"""How good scores are on the rows whose label is there: the Evaluator's metrics, with its intervals."""

from __future__ import annotations

from pydantic import Field

from widedeep.components.common.metrics import in_order
from widedeep.components.common.records import Number, Record
from widedeep.components.evaluator.accumulation.accumulator import Accumulator
from widedeep.components.evaluator.statistics.intervals import estimate
from widedeep.components.evaluator.statistics.jackknife import metrics, replicates, standard_error
from widedeep.components.evaluator.statistics.supports import supports

CONFIDENCE = 0.95


class Metric(Record):
    """A metric of the scores."""

    value: Number = Field(description="on all rows with a label; null where it is undefined")
    low: Number = Field(description="lower end of its interval of 95 %; null where the rows are too few to tell")
    high: Number = Field(description="upper end of its interval")


def quality(measured: Accumulator) -> dict[str, Metric]:
    """The metrics of the label's kind by name, the main one first."""
    values, errors, support = metrics(measured), replicates(measured), supports(measured)
    of_rows = {
        name: estimate(name, values[name], standard_error(errors[name]), support, CONFIDENCE)
        for name in in_order(values)
    }
    return {name: Metric(value=each.value, low=each.low, high=each.high) for name, each in of_rows.items()}
