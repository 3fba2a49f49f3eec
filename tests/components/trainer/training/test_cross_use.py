"""How full a cross is: linear counting against the paper, and against exact counts of really hashed combinations."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.trainer.training.cross_use import CrossUse, enough, use
from widedeep.components.transform.crosses import cross_ids

TABLES = st.integers(2, 10**9).flatmap(lambda buckets: st.tuples(st.just(buckets), st.integers(0, buckets)))


@pytest.mark.parametrize(
    ("buckets", "used", "distinct", "standard_error"),
    [
        # Half of the buckets free: t = ln 2, so e^t = 2.
        (1000, 500, 1000 * math.log(2), math.sqrt(1000 * (2 - math.log(2) - 1))),
        # One in a thousand free: t = ln 1000.
        (10_000, 9_990, 10_000 * math.log(1000), math.sqrt(10_000 * (1000 - math.log(1000) - 1))),
        (10, 0, 0.0, 0.0),
    ],
)
def test_distinct_combinations_are_those_of_the_paper(
    buckets: int, used: int, distinct: float, standard_error: float
) -> None:
    crosses = use("a_x_b", buckets, used)
    assert crosses.fill == used / buckets
    assert crosses.distinct == pytest.approx(distinct, rel=1e-12)
    assert crosses.standard_error == pytest.approx(standard_error, rel=1e-9)
    assert math.copysign(1, crosses.distinct) == 1


def pairs(number: int) -> tf.SparseTensor:
    """The combinations of `number` users with 40 items, all different, a row each."""
    members = []
    for columns in (np.arange(number) // 40, np.arange(number) % 40):
        words = [str(value).encode() for value in columns]
        indices = np.stack([np.arange(number), np.zeros(number, np.int64)], axis=1)
        members.append(tf.SparseTensor(indices, words, [number, 1]))
    return members


@pytest.mark.parametrize("buckets", [1000, 4096, 9973, 50_000])
@pytest.mark.parametrize("distinct", [100, 3000, 20_000])
def test_the_estimate_holds_for_real_hashes(buckets: int, distinct: int) -> None:
    """Within four standard errors, and so does the share of combinations that collide."""
    ids = cross_ids(pairs(distinct), buckets).values.numpy()
    counts = np.bincount(ids, minlength=buckets)
    crosses = use("a_x_b", buckets, int(np.count_nonzero(counts)))
    if crosses.standard_error is None:
        assert crosses.distinct < distinct
        return
    assert abs(crosses.distinct - distinct) < 4 * crosses.standard_error
    collide = counts[counts > 1].sum() / distinct
    # Of `distinct` draws; they attract each other (two collide together), hence twice the variance.
    spread = math.sqrt(2 * crosses.collision_rate * (1 - crosses.collision_rate) / distinct)
    assert abs(collide - crosses.collision_rate) < 5 * spread + crosses.standard_error / buckets


def test_the_collision_rate_is_that_of_every_way_to_throw() -> None:
    """Of 3 combinations thrown into 4 buckets in all 64 ways, 1 - (3/4)^2 do not lie alone."""
    ways = list(itertools.product(range(4), repeat=3))
    assert sum(sum(way.count(bucket) > 1 for bucket in way) for way in ways) / (3 * len(ways)) == 1 - 0.75**2
    for used in range(5):
        crosses = use("a_x_b", 4, used)
        assert crosses.collision_rate == pytest.approx(1 - 0.75 ** max(crosses.distinct - 1, 0))


@given(table=TABLES)
def test_bounds(table: tuple[int, int]) -> None:
    buckets, used = table
    crosses = use("a_x_b", buckets, used)
    assert 0 <= crosses.fill <= 1
    # No fewer combinations than buckets with one.
    assert crosses.distinct >= used * (1 - 1e-12)
    assert 0 <= crosses.collision_rate <= 1
    assert (crosses.standard_error is None) == (used == buckets)
    assert crosses.too_small == (crosses.collision_rate > 0.5) == (crosses.warning is not None)
    assert CrossUse.model_validate_json(crosses.model_dump_json()) == crosses


@given(table=TABLES, more=st.integers(1, 1000))
def test_more_used_buckets_are_more_combinations(table: tuple[int, int], more: int) -> None:
    buckets, used = table
    few, many = use("a_x_b", buckets, used), use("a_x_b", buckets, min(used + more, buckets))
    assert many.distinct >= few.distinct
    assert many.collision_rate >= few.collision_rate


@given(table=TABLES)
def test_the_remedy_suffices(table: tuple[int, int]) -> None:
    """As many combinations in the recommended buckets use so many of them that no warning comes."""
    buckets, used = table
    distinct = use("a_x_b", buckets, used).distinct
    raised = enough(distinct)
    assert raised >= 2 * distinct
    assert raised <= max(5 * distinct, 2) * (1 + 1e-12)
    assert str(raised).rstrip("0") in ("1", "2", "5")
    expected = math.floor(raised * -math.expm1(-distinct / raised))
    assert not use("a_x_b", raised, expected).too_small


def test_a_cross_that_is_too_small_says_what_to_do() -> None:
    """20,000 ln(20,000/600) = 70,131, of which 1 - e^(-3.5066) = 97.0 % collide."""
    assert use("history_x_movie_id", 20_000, 19_400).warning == (
        "cross history_x_movie_id: about 70,100 different combinations share 20,000 buckets (97 % of them collide): "
        "raise its buckets to 200,000."
    )


def test_a_full_cross_says_at_least() -> None:
    """10,000 ln 10,000 = 92,103: what a single free bucket would say."""
    crosses = use("history_x_movie_id", 10_000, 10_000)
    assert crosses.distinct == pytest.approx(10_000 * math.log(10_000))
    assert crosses.warning == (
        "cross history_x_movie_id: at least 92,100 different combinations share 10,000 buckets "
        "(at least 99 % of them collide): raise its buckets to 200,000 or more."
    )


@pytest.mark.parametrize("used", [0, 1, 500, 501])
def test_half_of_the_combinations_may_collide(used: int) -> None:
    """1 - (1 - 1/1000)^(D - 1) is a half at D = 693.8, where 1,000 (1 - e^(-0.6938)) = 500.3 buckets are used."""
    assert use("a_x_b", 1000, used).too_small == (used == 501)


@pytest.mark.parametrize("used", [-1, 11])
def test_impossible_counts_are_refused(used: int) -> None:
    with pytest.raises(ValueError, match=f"cross a_x_b: {used} of 10 buckets can't be used."):
        use("a_x_b", 10, used)
