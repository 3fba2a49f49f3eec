"""Whether a simple model is better than the candidate, in words."""

from __future__ import annotations

from collections.abc import Iterator

from widedeep.components.common.metrics import higher_is_better
from widedeep.components.evaluator.evaluation_options import EvaluationOptions
from widedeep.components.evaluator.rails.rails_record import Rail, RailsRecord
from widedeep.components.evaluator.regression_check import per_cent

# The simpler model's name as a person has it.
WORDS = {
    "constant": "the label's rate alone",
    "popularity": "each candidate's popularity",
    "logistic_regression": "a logistic regression on the same features",
}
# What a ranker and a forecast of chances are judged by.
_JUDGED = ("auc", "logloss", "gauc")


def overtakers(rails: RailsRecord, options: EvaluationOptions) -> list[str]:
    """A sentence for each metric in which a simple model is better than the candidate, beyond noise."""
    return [said for rail in rails.rails for said in _overtaken(rail, rails, options)]


def _overtaken(rail: Rail, rails: RailsRecord, options: EvaluationOptions) -> Iterator[str]:
    for metric in _JUDGED:
        change, interval = rail.changes.get(metric), rail.intervals.get(metric)
        theirs, mine = rail.metrics.get(metric), rails.candidate.get(metric)
        if change is None or interval is None or theirs is None or mine is None:
            continue
        if interval[1] < 0 if higher_is_better(metric) else interval[0] > 0:
            ends = f"{interval[0]:+.4f} to {interval[1]:+.4f}"
            yield (
                f"{WORDS[rail.name]} does better than the model: {metric} {theirs:.4f} beside {mine:.4f} "
                f"({per_cent(options.confidence)} interval of the difference: {ends})"
            )
