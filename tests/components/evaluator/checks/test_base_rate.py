"""A model that knows no more than the label's rate, and what may be behind it, in words."""

from __future__ import annotations

from typing import Any

import pytest
from scipy import stats

from widedeep.components.evaluator.checks.base_rate import Learned, knows_nothing
from widedeep.components.evaluator.measurement import BaseComparison, Estimate, Measurement, Part, Support, Supports
from widedeep.components.trainer.model.label_rates import LabelRates
from widedeep.components.trainer.training.training_record import Epoch, TrainingRecord, WidePart

REACH = stats.t(df=49).ppf(0.975)
LEARNED = Learned((0.25,), 0, 0, (0.6, 0.5))


def measured(difference: float, error: float | None, metric: str = "logloss", **facts: Any) -> Measurement:
    supports = Supports(every=Support(rows=1000, count=1000.0, groups=50.0), rarer=None)
    base = BaseComparison.model_validate(
        {"metric": metric, "value": 0.5, "difference": difference, "error": error, "constant": None, "saturated": 0}
        | facts
    )
    value = Estimate(0.5 + difference, 0.0, 1.0)
    return Measurement(Part(1000, {metric: value}, supports=supports), {}, base=base)


def judged(measurement: Measurement, learned: Learned = LEARNED) -> str | None:
    return knows_nothing(measurement, learned, "test", 0.95)


def test_who_beats_the_rate_beyond_noise_knows_something() -> None:
    assert judged(measured(-0.1, 0.1 / REACH * 0.99)) is None


@pytest.mark.parametrize(("difference", "error"), [(-0.1, 0.1 / REACH * 1.01), (0.0, 0.0), (0.1, 0.001)])
def test_who_may_not_is_refused(difference, error) -> None:
    """Also where the interval ends just beyond 0, and where nothing differs."""
    low, high = difference - REACH * error, difference + REACH * error
    assert judged(measured(difference, error)) == (
        f"logloss is {0.5 + difference:.4f}, and the rate of label 1 (0.25) in 'train' alone gives 0.5000 on 'test' "
        f"(95 % interval of the difference: {low:+.4f} to {high:+.4f}): a model must beat that"
    )


def test_an_unknown_difference_beats_nothing() -> None:
    assert "interval of the difference: not known): a model must beat that" in (judged(measured(-0.1, None)) or "")


@pytest.mark.parametrize(
    ("rates", "metric", "said"),
    [
        ((0.25,), "rmse", "the mean label (0.25) in 'train' alone gives 0.5000"),
        ((0.25, 0.75, 0.0), "logloss", "each label's rate in 'train' alone gives 0.5000"),
    ],
)
def test_the_rate_is_that_of_the_label_s_kind(rates, metric, said) -> None:
    assert said in (judged(measured(0.1, 0.01, metric), Learned(rates, 0, 0, ())) or "")


@pytest.mark.parametrize(
    ("facts", "learned", "cause"),
    [
        ({"constant": 0.2713}, LEARNED, "; its score is the same for all rows (0.2713)"),
        (
            {},
            Learned((0.25,), 3443, 0, (0.6, 0.5)),
            "; all 3,443 wide weights are 0: lower training.wide.l1",
        ),
        ({"saturated": 990}, LEARNED, "; for 990 of 1,000 rows its score is as good as 0 or 1"),
        (
            {},
            Learned((0.25,), 10, 3, (0.6, 14.25, 9.5)),
            "; its loss on 'train' grew while it trained, from 0.6 in epoch 1 to 9.5 in epoch 3: lower "
            "training.wide.learning_rate or training.deep.learning_rate",
        ),
    ],
)
def test_what_may_be_behind_it_is_said(facts, learned, cause) -> None:
    assert (judged(measured(0.1, 0.01, **facts), learned) or "").endswith(f"a model must beat that{cause}")


def test_a_loss_of_many_times_the_rate_s_is_said() -> None:
    assert (judged(measured(10.75, 0.5)) or "").endswith("a model must beat that; its logloss is 22.5 times that")


def test_a_constant_score_knows_nothing_however_it_compares() -> None:
    """Where the label's rate has changed since, a constant may be nearer to it than the rate that was learned."""
    assert "its score is the same for all rows (0.3)" in (judged(measured(-0.1, 0.001, constant=0.3)) or "")


def test_without_a_rate_nothing_is_compared() -> None:
    assert judged(measured(0.1, 0.01), Learned((), 0, 0, ())) is None


def test_what_a_training_left_is_taken_from_its_record() -> None:
    label = LabelRates(rows=9, weighted=9, rates=[0.25], loss=0.5, least=0.0, most=1.0)
    curve = [
        Epoch.model_validate({"epoch": 1, "step": 1, "examples": 9, "seconds": 0.5, "loss": loss})
        for loss in (0.5, None)
    ]
    record = TrainingRecord(curve=curve, crosses=[], label=label, wide=WidePart(rows=7, nonzero=2), base=None)
    assert Learned.of(record) == Learned((0.25,), 7, 2, (0.5, float("inf")))
