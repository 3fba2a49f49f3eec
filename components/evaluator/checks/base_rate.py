"""Whether a model knows more of a row than the label's rate: it must predict better than the rate alone, beyond noise.

The rate is that of the split train (the mean label, each class's rate); the measure is the log loss, or a regression's
root of the mean squared error. Both predict the same rows, so that the interval is of the paired difference.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from widedeep.components.evaluator.measurement import BaseComparison, Measurement
from widedeep.components.evaluator.regression_check import per_cent
from widedeep.components.evaluator.statistics.intervals import estimate_change
from widedeep.components.trainer.training.training_record import TrainingRecord

# A measure so many times that of the rate alone is said as such.
_MANY_TIMES = 2.0
# The share of the rows from which on scores of 0 or 1 are worth a word.
_SATURATED_SHARE = 0.01


@dataclass(frozen=True)
class Learned:
    """What the candidate's training tells of how it came about.

    Attributes:
        rates: of the label in the split train; empty where nobody knows.
        wide_rows: of the wide table, 0 without a wide part.
        wide_nonzero: those that L1 has not left at 0.
        losses: mean loss of each epoch, on train.
    """

    rates: tuple[float, ...]
    wide_rows: int
    wide_nonzero: int
    losses: tuple[float, ...]

    @classmethod
    def of(cls, record: TrainingRecord) -> Learned:
        """Of a training's record."""
        losses = tuple(math.inf if epoch.loss is None else epoch.loss for epoch in record.curve)
        return cls(tuple(record.label.rates), record.wide.rows, record.wide.nonzero, losses)


def knows_nothing(measurement: Measurement, learned: Learned, split: str, confidence: float) -> str | None:
    """In which way a model is no better than the label's rate, with what may be behind it; None where it is better.

    Args:
        measurement: on the split.
        learned: how the candidate came about.
        split: whose rows were measured.
        confidence: of the interval.
    """
    base, supports = measurement.base, measurement.whole.supports
    if base is None or supports is None or not learned.rates:
        return None
    difference = estimate_change(base.metric, _number(base.difference), _number(base.error), supports, confidence)
    if base.constant is None and difference.high < 0:
        return None
    value = measurement.whole.candidate.get(base.metric)
    said = f"{base.metric} is {value.value:.4f}" if value else f"{base.metric} was not measured"
    alone = f"{_rate(learned.rates, base.metric)} in 'train' alone gives {_number(base.value):.4f} on '{split}'"
    ends = f"{difference.low:+.4f} to {difference.high:+.4f}" if difference.known else "not known"
    interval = f"{per_cent(confidence)} interval of the difference: {ends}"
    causes = "".join(f"; {cause}" for cause in _causes(base, measurement, learned))
    return f"{said}, and {alone} ({interval}): a model must beat that{causes}"


def _rate(rates: tuple[float, ...], metric: str) -> str:
    if metric == "rmse":
        return f"the mean label ({rates[0]:.4g})"
    return f"the rate of label 1 ({rates[0]:.4g})" if len(rates) == 1 else "each label's rate"


def _causes(base: BaseComparison, measurement: Measurement, learned: Learned) -> Iterator[str]:
    value, alone = measurement.whole.candidate.get(base.metric), _number(base.value)
    if base.constant is not None:
        yield f"its score is the same for all rows ({base.constant:.4g})"
    if value and alone > 0 and value.value > _MANY_TIMES * alone:
        yield f"its {base.metric} is {value.value / alone:,.1f} times that"
    if base.saturated > _SATURATED_SHARE * measurement.whole.rows:
        yield f"for {base.saturated:,} of {measurement.whole.rows:,.0f} rows its score is as good as 0 or 1"
    if learned.wide_rows and not learned.wide_nonzero:
        yield f"all {learned.wide_rows:,} wide weights are 0: lower training.wide.l1"
    grown = [epoch for epoch, loss in enumerate(learned.losses, 1) if loss > learned.losses[0]]
    if grown:
        yield (
            f"its loss on 'train' grew while it trained, from {learned.losses[0]:.4g} in epoch 1 to "
            f"{learned.losses[grown[-1] - 1]:.4g} in epoch {grown[-1]}: lower training.wide.learning_rate or "
            "training.deep.learning_rate"
        )


def _number(value: float | None) -> float:
    return math.nan if value is None else value
