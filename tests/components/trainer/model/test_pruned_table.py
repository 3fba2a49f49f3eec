"""The pruned table gives every row of the whole one."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from widedeep.components.trainer.model import pruned_table
from widedeep.components.trainer.model.pruned_table import PrunedTable


def table(rows: int, width: int, kept: np.ndarray) -> np.ndarray:
    """Row r holds r + 1 in its last column where it is kept; else zeros."""
    weights = np.zeros([rows, width], np.float32)
    weights[kept, -1] = kept + 1
    return weights


def assert_reads_as(weights: np.ndarray) -> None:
    pruned = PrunedTable(weights)
    rows = np.random.default_rng(1).permutation(len(weights))
    read = pruned.read(tf.constant(rows, tf.int32)).numpy()
    assert (read == weights[rows]).all()
    assert read.shape == (len(rows), weights.shape[1])
    assert pruned.weights.shape[0] == np.count_nonzero(weights.any(axis=1)) + 1


@pytest.mark.parametrize("rows", [1, 31, 32, 33, 63, 64, 65, 320])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("width", [1, 3])
def test_sizes_around_words(rows, share, width):
    random = np.random.default_rng(rows)
    assert_reads_as(table(rows, width, np.flatnonzero(random.random(rows) < share)))


@given(st.integers(1, 200), st.integers(1, 3), st.data())
@settings(max_examples=60, deadline=None)
def test_any_table(rows, width, data):
    kept = data.draw(st.sets(st.integers(0, rows - 1)))
    assert_reads_as(table(rows, width, np.array(sorted(kept), int)))


@pytest.mark.parametrize("row", [0, 30, 31, 32, 62, 63, 64])
def test_one_row_at_the_ends_of_words(row):
    """Bit 31 is the sign of a word."""
    assert_reads_as(table(70, 1, np.array([row])))
    assert_reads_as(table(70, 1, np.delete(np.arange(70), row)))


def test_a_row_is_kept_for_any_of_its_weights():
    assert_reads_as(np.array([[0.0, 0.0], [1e-30, 0.0], [0.0, -2.0], [0.0, 0.0]], np.float32))


def test_no_row_and_rows_again_and_again():
    pruned = PrunedTable(table(40, 2, np.array([3, 39])))
    assert pruned.read(tf.constant([], tf.int32)).shape == [0, 2]
    assert pruned.read(tf.constant([39, 0, 39, 3])).numpy()[:, 1].tolist() == [40.0, 0.0, 40.0, 4.0]


@pytest.mark.parametrize(
    ("rows", "width", "kept", "pays"),
    [
        # In words of 4 bytes: rows / 16 for bits and counts, and one row more than are kept.
        (320, 1, 298, True),  # 20 + 299 < 320
        (320, 1, 299, False),  # 20 + 300 = 320
        (320, 3, 312, True),  # 20 + 939 < 960
        (320, 3, 313, False),  # 20 + 942 > 960
        (320, 1, 0, True),
        (320, 1, 320, False),
        (1, 1, 0, False),  # 0.0625 + 1 > 1
    ],
)
def test_it_pays_where_it_is_smaller(rows, width, kept, pays, monkeypatch):
    monkeypatch.setattr(pruned_table, "_SMALL_BYTES", 0)
    assert PrunedTable.pays(table(rows, width, np.arange(kept))) is pays


@pytest.mark.parametrize(("rows", "pays"), [(4 * 2**20 - 1, False), (4 * 2**20, True)])
def test_a_table_below_16_mib_is_left_whole(rows, pays):
    assert PrunedTable.pays(np.zeros([rows, 1], np.float32)) is pays
