"""What columns and pairs tell, on data whose truth is known."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from widedeep.pipeline.drafting.gains.agreement import agreement
from widedeep.pipeline.drafting.gains.alone import auc_alone, determined, explained
from widedeep.pipeline.drafting.gains.folds import halves
from widedeep.pipeline.drafting.gains.new_ids import new_ids
from widedeep.pipeline.drafting.gains.pairs import best_pairs
from widedeep.pipeline.drafting.gains.relations import follows, vocabulary_owner
from widedeep.pipeline.drafting.reading.columns import Codes
from widedeep.pipeline.drafting.rules.profile import ColumnProfile, SetProfile

ROWS = 8000
RANDOM = np.random.default_rng(11)
A, B, NOISE = (RANDOM.integers(0, 8, ROWS) for _ in range(3))
HALF = RANDOM.random(ROWS) < 0.5


def single(values: np.ndarray) -> Codes:
    return Codes(np.arange(len(values)), values.astype(np.int64), int(values.max()) + 1, len(values))


def drawn(logits: np.ndarray) -> np.ndarray:
    return (RANDOM.random(ROWS) < 1 / (1 + np.exp(-logits))).astype(float)


# Equal parities: nothing that either tells alone.
TOGETHER = drawn(np.where((A + B) % 2 == 0, 2.0, -2.0))
APART = drawn(A - 3.5)


def test_alone_a_column_tells_what_it_tells():
    assert auc_alone(single(NOISE), APART, HALF) == pytest.approx(0.5, abs=0.03)
    assert auc_alone(single(A), TOGETHER, HALF) == pytest.approx(0.5, abs=0.03)
    # A knows the true chances, so no column has more: their area is that of the logits themselves.
    assert auc_alone(single(A), APART, HALF) == pytest.approx(roc_auc_score(APART, A), abs=0.01)


def test_what_differs_in_every_row_tells_nothing():
    assert auc_alone(single(np.arange(ROWS)), APART, HALF) == pytest.approx(0.5, abs=0.03)


def test_the_explained_share_of_a_number():
    noise = RANDOM.normal(0, 1, ROWS)
    # var(A) = (8^2 - 1) / 12 = 5.25, of 6.25 with the noise.
    assert explained(single(A), A + noise, HALF) == pytest.approx(5.25 / 6.25, abs=0.02)


def test_the_share_of_a_time_that_a_column_determines():
    # Two rows a session, one after the other: nothing of the time's variance of 8,000 rows lies within.
    assert determined(single(np.arange(ROWS) // 2), np.arange(ROWS, dtype=float)) > 0.999
    assert determined(single(RANDOM.integers(0, ROWS // 2, ROWS)), np.arange(ROWS, dtype=float)) < 0.1
    # Ten days of equally many rows: 1 - 1 / 10^2.
    assert determined(single(np.arange(ROWS) // 800), np.arange(ROWS, dtype=float)) == pytest.approx(0.99, abs=0.001)


def test_the_pair_that_decides_is_found_and_no_other():
    columns = {"a": single(A), "b": single(B), "noise": single(NOISE)}
    [pair] = best_pairs(columns, TOGETHER, HALF, True, 5, ["a", "b", "noise"]).pairs
    assert set(pair.keys) == {"a", "b"}
    assert pair.combinations == 64
    # A step of a cell's 62.5 rows, whose chance is 0.881 and was taken for 0.5, is 0.381 * 62.5 / (0.25 * 62.5 + 10),
    # and the loss falls from log(2) to log(1 + e^step) - 0.881 * step.
    step = 0.381 * 62.5 / (0.25 * 62.5 + 10)
    assert pair.gain == pytest.approx(1 - (np.log1p(np.exp(step)) - 0.881 * step) / np.log(2), abs=0.03)


def test_columns_that_tell_all_alone_need_no_pair():
    assert best_pairs({"a": single(A), "b": single(B)}, APART, HALF, True, 5, ["a", "b"]).pairs == []


def test_a_column_that_another_determines_makes_no_pair():
    columns = {"a": single(A), "half_of_a": single(A // 2)}
    assert best_pairs(columns, TOGETHER, HALF, True, 5, list(columns)).pairs == []


@pytest.mark.parametrize(
    ("label", "silent"),
    # By 'a' and 'b' together, and by 'a' alone.
    [(TOGETHER, {"noise"}), (APART, {"noise", "b"})],
)
def test_a_column_on_trial_must_tell_something_alone_or_in_a_pair(label: np.ndarray, silent: set[str]):
    columns = {"a": single(A), "b": single(B), "noise": single(NOISE)}
    assert best_pairs(columns, label, HALF, True, 5, list(columns), ["b", "noise"]).silent == silent
    assert best_pairs(columns, label, HALF, True, 5, list(columns), ["a", "noise"]).silent == {"noise"}
    # Where nothing can be measured, nothing is held against it.
    assert best_pairs(columns, label, HALF, True, 5, list(columns), list(columns)).silent == set()


def test_a_pair_of_a_set():
    # The label is 1 where the row's own value is among its members.
    own = RANDOM.integers(0, 20, ROWS)
    members = np.sort(RANDOM.integers(0, 20, (ROWS, 5)), axis=1)
    label = drawn(np.where((members == own[:, None]).any(axis=1), 2.0, -2.0))
    rows = np.repeat(np.arange(ROWS), 5)
    columns = {"own": single(own), "members": Codes(rows, members.ravel(), 20, ROWS)}
    [pair] = best_pairs(columns, label, HALF, True, 5, ["own", "members"]).pairs
    assert set(pair.keys) == {"own", "members"}


def test_the_agreement_of_rows_of_one_combination():
    """Of 2 + 6 + 2 ordered pairs 2 + 6 + 0 agree, and (3/7)^2 + (4/7)^2 = 25/49 would by chance."""
    label = np.array([1.0, 1, 0, 0, 0, 1, 0])
    found = agreement(single(np.array([0, 0, 1, 1, 1, 2, 2])), label)
    assert found == pytest.approx((8 / 10 - 25 / 49) / (24 / 49))
    assert agreement(single(np.array([0, 0, 1, 1, 1, 0, 1])), label) == 1.0


def test_where_hardly_a_row_shares_its_combination_there_is_no_agreement():
    alone = np.arange(100)
    label = (alone < 50).astype(float)
    nine, ten = (np.where(alone < shared, 0, alone) for shared in (9, 10))
    assert (agreement(single(nine), label), agreement(single(ten), label)) == (0.0, 1.0)


def test_a_label_that_is_a_number():
    label = np.where((A + B) % 2 == 0, 1.0, -1.0) + RANDOM.normal(0, 0.3, ROWS)
    [pair] = best_pairs({"a": single(A), "b": single(B)}, label, HALF, False, 5, ["a", "b"]).pairs
    assert set(pair.keys) == {"a", "b"}


def test_halves_are_cut_as_the_splits():
    times = np.arange(100.0)[::-1]
    assert halves(100, times, None).tolist() == [time <= 49.5 for time in times]
    persons = single(RANDOM.integers(0, 50, 1000))
    first = halves(1000, None, persons)
    assert all(len({*first[persons.codes == person]}) == 1 for person in range(persons.size))
    assert 0.4 < halves(10_000, None, None).mean() < 0.6


def test_what_an_id_determines():
    item = RANDOM.integers(0, 100, ROWS)
    columns = {"item": single(item), "colour": single(item % 7), "other": single(NOISE)}
    assert follows(columns, {"item": "candidate"}) == {"colour": "candidate"}


def test_whose_values_a_set_holds():
    apps = [f"app{number}" for number in range(30)]
    columns = {"app": pa.array(apps), "colour": pa.array(["red", "blue"] * 15)}
    distinct = {"app": 30, "colour": 2}
    installed = pa.array([apps[:3], None, apps[2:9]])
    of_lists = ColumnProfile("installed", rows=3, members=SetProfile(9, 5.0))
    assert vocabulary_owner(of_lists, installed, columns, distinct) == "app"
    other = pa.array([["x", "y"], ["app1"]])
    assert vocabulary_owner(of_lists, other, columns, distinct) is None
    of_text = ColumnProfile("installed", rows=2, members=SetProfile(2, 2.0, ";"))
    assert vocabulary_owner(of_text, pa.array(["app1;app2", None]), columns, distinct) == "app"


def test_the_share_of_later_rows_with_an_id_that_no_earlier_one_has():
    earlier = np.array([True, True, False, False, False, True])
    # Of the later rows' 7, 1 and 7 the earlier ones have 1.
    assert new_ids(single(np.array([1, 2, 7, 1, 7, 2])), earlier) == pytest.approx(2 / 3)
    # The second row, and the third, have no value.
    assert new_ids(Codes(np.array([0, 3, 4]), np.array([0, 1, 0]), 2, 6), earlier) == 0.5
    assert new_ids(single(np.array([1, 2, 7, 1, 7, 2])), np.ones(6, bool)) == 0
