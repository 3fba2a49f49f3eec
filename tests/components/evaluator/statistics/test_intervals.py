"""Intervals: against scipy, by hand, and by simulation of models without any skill."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from widedeep.components.evaluator.accumulation.accumulator import GROUPS, Accumulator, Batch
from widedeep.components.evaluator.measurement import LEAST_GROUPS, Estimate, Support, Supports
from widedeep.components.evaluator.statistics.intervals import estimate, estimate_change, quantile, wilson
from widedeep.components.evaluator.statistics.jackknife import replicates, standard_error
from widedeep.components.evaluator.statistics.supports import base_comparison, supports
from widedeep.components.features.spec import Label

BINARY, NUMBER, CLASSES = (
    Label(key="y"),
    Label(key="y", kind="regression"),
    Label(key="y", kind="multiclass", classes=4),
)
DRAWS = 120
# Half of what lies outside of a 95 % interval, and three standard errors of a share of so many draws.
NOMINAL = 0.025
MOST = NOMINAL + 3 * math.sqrt(NOMINAL * (1 - NOMINAL) / DRAWS)


def support(groups: float, count: float = 1000.0) -> Supports:
    return Supports(every=Support(rows=1000, count=count, groups=groups), rarer=None)


def of_sides(groups: float, count: float) -> Supports:
    every = Support(rows=1000, count=1000.0, groups=float(GROUPS))
    return Supports(every=every, rarer=Support(rows=int(count), count=count, groups=groups, side="label 1"))


@pytest.mark.parametrize(("right", "rows"), [(0, 10), (1, 10), (7, 9), (30, 30), (500, 1000)])
def test_wilsons_interval_is_scipys(right: int, rows: int) -> None:
    known = stats.binomtest(right, rows).proportion_ci(0.95, method="wilson")
    assert wilson(right / rows, rows, stats.norm.ppf(0.975)) == pytest.approx((known.low, known.high), abs=1e-12)


def test_students_degrees_of_freedom_are_the_groups_less_one() -> None:
    assert quantile(6, 0.9) == pytest.approx(stats.t(df=5).ppf(0.95))
    assert math.isnan(quantile(1, 0.9))


@given(
    st.sampled_from(["auc", "auc_pr", "accuracy"]),
    st.floats(0, 1) | st.floats(1, 1 + 1e-9),
    st.floats(0, 10),
    st.floats(LEAST_GROUPS, 50),
    st.floats(1, 1e9),
)
def test_a_rate_s_interval_holds_it_and_ends_within_0_and_1(metric, value, error, groups, count) -> None:
    estimated = estimate(metric, value, error, support(groups, count), 0.95)
    assert 0 <= estimated.low < estimated.high <= 1
    assert estimated.low <= min(value, 1) + 1e-12
    assert estimated.high >= min(value, 1) - 1e-12


@given(st.floats(1e-3, 1e3), st.floats(0, 1e3))
def test_calibration_is_never_below_0_where_labels_are_not(value, error) -> None:
    estimated = estimate("calibration", value, error, of_sides(20, 100), 0.95)
    assert 0 <= estimated.low <= value <= estimated.high


def test_an_error_is_that_many_students_wide() -> None:
    reach = stats.t(df=7).ppf(0.95) * 0.25
    assert estimate("rmse", 3.0, 0.25, support(8), 0.9) == Estimate(3.0, 3.0 - reach, 3.0 + reach)
    assert estimate("rmse", 0.1, 0.25, support(8), 0.9).low == 0.0
    # A regression's labels, and so its ratio, may be of any sign.
    assert estimate("calibration", 0.1, 0.25, support(8), 0.9).low == pytest.approx(0.1 - reach)
    assert estimate_change("auc", 0.1, 0.25, of_sides(8, 100), 0.9) == Estimate(0.1, 0.1 - reach, 0.1 + reach)


def test_an_area_is_as_sure_as_the_rarer_label_lets_it_be() -> None:
    """Of 12 positives above all negatives the error is 0; Newcombe's interval is Wilson's of 48 rows, all right."""
    estimated = estimate("auc", 1.0, 0.0, of_sides(10, 12), 0.95)
    reach = stats.t(df=9).ppf(0.975)
    assert (estimated.low, estimated.high) == (pytest.approx(48 / (48 + reach**2)), 1.0)
    # A hit is one for any label.
    sure = estimate("accuracy", 1.0, 0.0, of_sides(10, 12), 0.95)
    assert sure.low == pytest.approx(1000 / (1000 + stats.t(df=49).ppf(0.975) ** 2))


@pytest.mark.parametrize("metric", ["auc", "auc_pr", "logloss", "calibration"])
def test_too_few_groups_of_the_rarer_label_tell_nothing(metric) -> None:
    for made in (estimate, estimate_change):
        assert not made(metric, 0.9, 0.01, of_sides(LEAST_GROUPS - 0.1, 100), 0.95).known
        assert made(metric, 0.9, 0.01, of_sides(LEAST_GROUPS, 100), 0.95).known


def test_an_undefined_error_or_value_has_no_interval() -> None:
    assert not estimate("rmse", 1.0, math.nan, support(50), 0.95).known
    assert not estimate("rmse", math.nan, 1.0, support(50), 0.95).known
    assert not estimate_change("rmse", 1.0, math.nan, support(50), 0.95).known


def accumulated(label: Label, batch: Batch, rates: tuple[float, ...] = ()) -> Accumulator:
    made = Accumulator(label, whole=False, rates=rates)
    made.add(batch)
    return made


def by_row(random: np.random.Generator, positives: int, rows: int = 400) -> Batch:
    label = (np.arange(rows) < positives).astype(np.int64)
    return Batch(label, random.random(rows), np.ones(rows), random.integers(0, GROUPS, rows))


def heavy(random: np.random.Generator, positives: int) -> Batch:
    """Weights of which some are a hundred times others."""
    batch = by_row(random, positives)
    return Batch(batch.label, batch.score, random.lognormal(sigma=1.5, size=batch.label.size), batch.group)


def by_user(random: np.random.Generator, users: int, rows: int = 400) -> Batch:
    """Users like more or less, and get higher or lower scores: nothing that goes together but by chance."""
    user = random.integers(0, users, rows)
    liked = special.expit(random.normal(scale=1.5, size=users))[user] > random.random(rows)
    score = special.expit(random.normal(size=users)[user] + 0.3 * random.normal(size=rows))
    return Batch(liked.astype(np.int64), score, np.ones(rows), random.integers(0, GROUPS, users)[user])


@pytest.mark.parametrize(
    ("draw", "size"),
    [
        *((by_row, positives) for positives in (2, 3, 6, 10, 396)),
        *((heavy, positives) for positives in (5, 50)),
        *((by_user, users) for users in (5, 10)),
    ],
)
def test_without_skill_the_area_is_above_a_half_no_more_often_than_it_may(draw, size) -> None:
    random = np.random.default_rng(size)
    passed = 0
    for _ in range(DRAWS):
        made = accumulated(BINARY, draw(random, size))
        values = replicates(made)["auc"]
        # The groups' values lie around that of all rows.
        passed += estimate("auc", float(values.mean()), standard_error(values), supports(made), 0.95).low >= 0.5
    assert passed / DRAWS <= MOST


def test_some_skill_is_seen_with_few_positives() -> None:
    """An interval that is never sure would keep the nominal rate, too: with twenty positives an AUC of 0.76 shows."""
    random = np.random.default_rng(2)
    passed = 0
    for _ in range(100):
        batch = by_row(random, 20)
        score = special.expit(random.normal(size=batch.label.size) + batch.label)
        made = accumulated(BINARY, Batch(batch.label, score, batch.weight, batch.group))
        values = replicates(made)["auc"]
        passed += estimate("auc", float(values.mean()), standard_error(values), supports(made), 0.95).low >= 0.5
    assert passed >= 90


def above_base(made: Accumulator) -> Estimate:
    base = base_comparison(made)
    return estimate_change(base.metric, base.difference or 0.0, base.error or math.nan, supports(made), 0.95)


def guessed(random: np.random.Generator, kind: str, rate: float, skill: float) -> Accumulator:
    """Scores around the label's rate, which know of the label as much as `skill` says."""
    rows, group = 400, random.integers(0, GROUPS, 400)
    noise = random.normal(scale=0.5, size=rows)
    if kind == "binary":
        label = (random.random(rows) < rate).astype(np.int64)
        score = special.expit(special.logit(rate) + noise + skill * (2 * label - 1))
        return accumulated(BINARY, Batch(label, score, np.ones(rows), group), (rate,))
    if kind == "regression":
        number = random.normal(10, 3, rows)
        score = 10 + noise + skill * (number - 10)
        return accumulated(NUMBER, Batch(number, score, np.ones(rows), group), (10.0,))
    rates = np.array([1 - rate, *[rate / 3] * 3])
    label = random.choice(4, rows, p=rates)
    logit = np.log(rates) + random.normal(scale=0.5, size=(rows, 4)) + skill * np.eye(4)[label]
    return accumulated(CLASSES, Batch(label, special.softmax(logit, axis=1), np.ones(rows), group), tuple(rates))


@pytest.mark.parametrize("kind", ["binary", "regression", "multiclass"])
@pytest.mark.parametrize("rate", [0.015, 0.4])
def test_without_skill_the_label_s_rate_is_beaten_no_more_often_than_it_may(kind, rate) -> None:
    random = np.random.default_rng(7)
    assert np.mean([above_base(guessed(random, kind, rate, 0.0)).high < 0 for _ in range(DRAWS)]) <= MOST


@pytest.mark.parametrize("kind", ["binary", "regression", "multiclass"])
def test_some_skill_beats_the_label_s_rate(kind) -> None:
    random = np.random.default_rng(8)
    assert np.mean([above_base(guessed(random, kind, 0.3, 0.4)).high < 0 for _ in range(50)]) > 0.9
