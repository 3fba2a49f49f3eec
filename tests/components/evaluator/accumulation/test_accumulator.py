"""The sums of an evaluation, and the jackknife on them, against scikit-learn and against formulas."""

from __future__ import annotations

import collections
import gc
import math
import pickle
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn import metrics

from widedeep.components.evaluator.accumulation.accumulator import GROUPS, Accumulator, Batch
from widedeep.components.evaluator.accumulation.histogram import Histogram, bins, middles
from widedeep.components.evaluator.statistics.jackknife import replicates, standard_error
from widedeep.components.features.spec import Label

BINARY, NUMBER, CLASSES = (
    Label(key="y"),
    Label(key="y", kind="regression"),
    Label(key="y", kind="multiclass", classes=3),
)


def batch(label: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> Batch:
    size = label.size
    group = np.random.default_rng(size).integers(0, GROUPS, size)
    return Batch(label, score, np.ones(size) if weight is None else weight, group)


def accumulate(label: Label, *batches: Batch, whole: bool = True) -> Accumulator:
    made = Accumulator(label, whole)
    for batch in batches:
        made.add(batch)
    return made


@pytest.fixture(scope="module")
def rows() -> Batch:
    random = np.random.default_rng(5)
    score = random.random(3000).astype(np.float32)
    label = (random.random(3000) < score).astype(np.int64)
    return batch(label, score, random.choice([0.5, 2.0], 3000))


def without(examples: Batch, group: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    kept = examples.of(examples.group != group)
    return kept.label, kept.score, kept.weight


@pytest.mark.parametrize("group", [0, GROUPS - 1])
def test_a_binary_label_without_one_group(rows, group) -> None:
    spread = replicates(accumulate(BINARY, rows))
    label, score, weight = without(rows, group)
    expected = {
        "auc": metrics.roc_auc_score(label, score, sample_weight=weight),
        "auc_pr": metrics.average_precision_score(label, score, sample_weight=weight),
        "logloss": metrics.log_loss(label, score, sample_weight=weight),
        "accuracy": metrics.accuracy_score(label, score > 0.5, sample_weight=weight),
        "calibration": (score * weight).sum() / (label * weight).sum(),
    }
    assert spread.keys() == expected.keys()
    for name, value in expected.items():
        # A bin is a thousandth of the score wide.
        assert spread[name][group] == pytest.approx(value, rel=1e-3 if name.startswith("auc") else 1e-6), name


def test_equal_scores_are_a_toss_of_a_coin() -> None:
    examples = batch(np.tile([0, 0, 1], 100), np.full(300, 0.25))
    assert replicates(accumulate(BINARY, examples))["auc"] == pytest.approx(np.full(GROUPS, 0.5))


def test_a_regression_without_one_group() -> None:
    random = np.random.default_rng(6)
    label = random.normal(5, 2, 500)
    examples = batch(label, label + random.normal(0, 1, 500), random.choice([1.0, 3.0], 500))
    spread = replicates(accumulate(NUMBER, examples))
    kept, score, weight = without(examples, 3)
    assert spread["rmse"][3] == pytest.approx(metrics.root_mean_squared_error(kept, score, sample_weight=weight))
    assert spread["mae"][3] == pytest.approx(metrics.mean_absolute_error(kept, score, sample_weight=weight))
    assert spread["calibration"][3] == pytest.approx((score * weight).sum() / (kept * weight).sum())


def test_classes_without_one_group() -> None:
    random = np.random.default_rng(7)
    chances = random.dirichlet(np.ones(3), 500)
    label = random.integers(0, 3, 500)
    examples = batch(label, chances, random.choice([1.0, 3.0], 500))
    spread = replicates(accumulate(CLASSES, examples))
    kept, score, weight = without(examples, 3)
    assert spread["logloss"][3] == pytest.approx(metrics.log_loss(kept, score, sample_weight=weight, labels=range(3)))
    assert spread["accuracy"][3] == pytest.approx(
        metrics.accuracy_score(kept, score.argmax(axis=1), sample_weight=weight)
    )


def test_a_chance_of_nothing_costs_what_keras_says() -> None:
    """-log(1e-7), and not infinity."""
    examples = Batch(np.array([1, 0]), np.array([0.0, 0.0]), np.ones(2), np.array([0, 1]))
    assert replicates(accumulate(BINARY, examples))["logloss"][1] == pytest.approx(-math.log(1e-7))


def test_a_mean_s_error_is_that_of_the_groups_means() -> None:
    """For groups of equal size the jackknife's error of a mean is sd(groups' means) / sqrt(G)."""
    random = np.random.default_rng(8)
    label = random.integers(0, 2, 40 * GROUPS)
    examples = Batch(label, random.random(label.size), np.ones(label.size), np.arange(label.size) % GROUPS)
    right = (examples.score > 0.5) == (label > 0)
    means = right.reshape(40, GROUPS).mean(axis=0)
    error = standard_error(replicates(accumulate(BINARY, examples))["accuracy"])
    assert error == pytest.approx(means.std(ddof=1) / math.sqrt(GROUPS))


def test_an_area_s_error_is_that_of_hanley_and_mcneil() -> None:
    """With n rows of each class, AUC A, Q1 = A / (2 - A), Q2 = 2A^2 / (1 + A): for negative exponential scores
    se^2 = (A(1 - A) + (n - 1)(Q1 - A^2) + (n - 1)(Q2 - A^2)) / n^2 (1982). A jackknife of 50 groups is within a
    third of it in all but one of a thousand cases.
    """
    random = np.random.default_rng(9)
    label = np.repeat([0, 1], 20_000)
    # P(x > y) of exponentials with means 3 and 1 is 3/4.
    score = random.exponential(np.where(label, 3.0, 1.0))
    area, size = 0.75, 20_000
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    known = math.sqrt((area * (1 - area) + (size - 1) * (first + second - 2 * area**2)) / size**2)
    group = random.integers(0, GROUPS, label.size)
    error = standard_error(replicates(accumulate(BINARY, Batch(label, score, np.ones(label.size), group)))["auc"])
    assert error == pytest.approx(known, rel=0.33)


def test_a_group_with_the_only_row_of_a_class_leaves_the_area_undefined() -> None:
    examples = Batch(np.array([1, 0, 0]), np.array([0.5, 0.4, 0.6]), np.ones(3), np.array([0, 1, 2]))
    spread = replicates(accumulate(BINARY, examples))
    assert math.isnan(spread["auc"][0])
    assert spread["auc"][1] == 0.0
    assert math.isnan(standard_error(spread["auc"]))


def test_a_single_row_tells_nothing_of_noise() -> None:
    """Without it there is nothing: 0 / 0, and without its label something / 0."""
    spread = replicates(accumulate(BINARY, Batch(np.array([0]), np.array([0.5]), np.ones(1), np.array([3]))))
    assert all(math.isnan(standard_error(values)) for values in spread.values())
    assert np.isnan(spread["calibration"]).all()


def test_parts_add_up_in_any_order(rows) -> None:
    """Workers count parts of the rows."""
    at_once = accumulate(BINARY, rows)
    parts = [accumulate(BINARY, rows.of(np.arange(rows.label.size) % 7 == part)) for part in range(7)]
    merged = Accumulator(BINARY, True)
    for part in parts[::-1]:
        merged.merge(part)
    assert (merged.rows, merged.least, merged.most) == (at_once.rows, 0, 1) == (3000, 0, 1)
    for name, values in replicates(at_once).items():
        assert replicates(merged)[name] == pytest.approx(values), name


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_scores_that_are_no_numbers_are_counted_apart(rows, bad) -> None:
    good = accumulate(BINARY, rows)
    made = accumulate(BINARY, rows, batch(np.array([1, 0]), np.array([bad, bad])))
    other = Accumulator(BINARY, True)
    other.merge(made)
    assert (good.broken, made.broken, other.broken, other.rows) == (0, 2, 2, 3002)
    assert replicates(other)["logloss"] == pytest.approx(replicates(good)["logloss"])


def test_classes_with_one_chance_that_is_no_number() -> None:
    made = accumulate(CLASSES, batch(np.array([0, 1]), np.array([[0.5, math.nan, 0.5], [0.5, 0.25, 0.25]])))
    assert (made.broken, made.rows, made.least) == (1, 2, 1)


def test_no_rows_change_nothing() -> None:
    made = accumulate(BINARY, batch(np.array([1]), np.array([0.5])))
    made.add(batch(np.zeros(0, int), np.zeros(0)))
    assert (made.rows, made.least) == (1, 1)


ENTRIES = st.lists(st.tuples(st.integers(-5, 5), st.floats(-1e3, 1e3)), max_size=40)


@given(ENTRIES, ENTRIES)
def test_a_histogram_sums_by_key(first, second) -> None:
    merged, other = Histogram(1), Histogram(1)
    for histogram, entries in ((merged, first), (other, second)):
        for key, value in entries:
            histogram.add(np.array([key]), np.array([[value]]))
    merged.merge(other)
    keys, sums = merged.sums()
    expected: dict[int, float] = {}
    for key, value in first + second:
        expected[key] = expected.get(key, 0.0) + value
    assert keys.tolist() == sorted(expected)
    assert sums[:, 0] == pytest.approx([expected[key] for key in sorted(expected)])


def test_a_histogram_settles_as_it_grows() -> None:
    """What waits is bounded; what was summed is not lost."""
    histogram = Histogram(1)
    for _ in range(40):
        histogram.add(np.arange(10_000), np.ones((10_000, 1)))
        assert sum(keys.size for keys, _ in histogram._waiting) <= 60_000
    keys, sums = histogram.sums()
    assert keys.size == 10_000
    assert (sums == 40).all()


@given(ENTRIES, st.integers(1, 40), st.randoms())
def test_bins_are_joined_as_all_rows_together_need_it(entries, pieces, random) -> None:
    """In any order and however they are parted; each part of a bin stays by itself."""
    parts, most = 3, 6
    once = Histogram(1, parts, most)
    once.add(np.array([key for key, _ in entries], int), np.array([[1.0] for _ in entries]).reshape(-1, 1))
    keys, sums = once.sums()
    several = [Histogram(1, parts, most) for _ in range(pieces)]
    for key, _ in random.sample(entries, len(entries)):
        each = random.choice(several)
        each.add(np.array([key]), np.array([[1.0]]))
        each.sums()
    merged = Histogram(1, parts, most)
    for each in several:
        merged.merge(pickle.loads(pickle.dumps(each)))
    assert merged.sums()[0].tolist() == keys.tolist()
    assert merged.sums()[1].tolist() == sums.tolist()
    assert keys.size <= most
    for halved in range(5):
        joined = collections.Counter((key // parts >> halved) * parts + key % parts for key, _ in entries)
        if len(joined) <= most:
            break
    assert dict(zip(keys.tolist(), sums[:, 0].tolist(), strict=True)) == joined


def held_by(make: Callable[[], object]) -> int:
    """Bytes that what is made holds, arrays that others look into among them."""
    tracemalloc.start()
    try:
        made = make()
        gc.collect()
        assert made is not None
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def many(rows: int, whole: bool) -> Accumulator:
    """Rows of as many different scores, in batches."""
    random = np.random.default_rng(1)
    made = Accumulator(BINARY, whole, (0.5,))
    for _ in range(rows // 1000):
        score = random.random(1000).astype(np.float32)
        made.add(Batch((random.random(1000) < score).astype(np.int64), score, np.ones(1000), np.arange(1000) % GROUPS))
    return made


def test_a_slices_memory_ends_to_grow_with_its_rows() -> None:
    """It holds 50,000 keys of 24 bytes, and as many rows that wait; of 400,000 rows each would be a key else."""
    assert held_by(lambda: many(400_000, whole=False)) < 4 << 20
    assert len(pickle.dumps(many(400_000, whole=False))) < 2 << 20


def test_rows_that_wait_hold_no_columns_but_their_own() -> None:
    """Those of all: 32 bytes a row where it waits for its score's bin, 24 for its step, and no more as a sum."""
    assert held_by(lambda: many(30_000, whole=True)) < 30_000 * (32 + 24)


def test_noise_of_a_slices_areas_needs_no_fine_bins() -> None:
    """Of 200,000 rows whose scores share some hundreds of bins, errors are those of fine ones."""
    coarse, fine = (replicates(many(200_000, whole)) for whole in (False, True))
    for name in ("auc", "auc_pr"):
        assert standard_error(coarse[name]) == pytest.approx(standard_error(fine[name]), rel=0.01), name


@given(arrays.arrays(np.float32, st.integers(1, 50), elements=st.floats(-(2.0**100), 2.0**100, width=32)))
def test_bins_rise_with_the_number_and_are_narrow(numbers) -> None:
    ordered = np.sort(numbers)
    assert (np.diff(bins(ordered)) >= 0).all()
    normal = numbers[np.abs(numbers) > 1e-30]
    assert (np.abs(middles(bins(normal)) - normal) <= np.abs(normal.astype(np.float64)) / 1000).all()
