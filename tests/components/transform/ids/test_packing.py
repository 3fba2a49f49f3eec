"""Columns of ids as one, against plain lists."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from widedeep.components.transform.ids.packing import Ids, pack

# None stands for a missing value.
Rows = list[list[int | None]]
CELL = st.lists(st.one_of(st.integers(0, 2**31 - 2), st.integers(0, 3), st.none()), max_size=4)
COLUMNS = st.integers(0, 5).flatmap(
    lambda rows: st.lists(st.lists(CELL, min_size=rows, max_size=rows), min_size=1, max_size=5)
)


def ids(rows: Rows) -> Ids:
    flat = [(number, id_) for number, row in enumerate(rows) for id_ in row]
    return Ids(
        tf.constant([number for number, _ in flat], tf.int64),
        tf.constant([7 if id_ is None else id_ for _, id_ in flat], tf.int64),
        tf.constant([id_ is not None for _, id_ in flat], tf.bool),
        tf.constant([len(rows), max(map(len, rows), default=0)], tf.int64),
    )


def reference(columns: list[Rows], each_once: bool) -> list[list[int]]:
    """Of each row the columns' ids, rising, with the column's number in the upper half."""
    packed: list[list[int]] = [[] for _ in columns[0]]
    for number, rows in enumerate(columns):
        for row, made in zip(rows, packed, strict=True):
            there = [id_ for id_ in row if id_ is not None]
            made += [number * 2**32 + id_ for id_ in sorted(set(there) if each_once else there)]
    return packed


@given(columns=COLUMNS, each_once=st.booleans())
@example(columns=[[[3, 3, None], []], [[], [0]]], each_once=True)
@example(columns=[[[]]], each_once=True)
@settings(max_examples=80, deadline=None)
def test_a_row_holds_the_ids_of_its_columns_in_order(columns: list[Rows], each_once: bool) -> None:
    made = pack([ids(rows) for rows in columns], each_once)
    expected = reference(columns, each_once)
    assert tf.RaggedTensor.from_sparse(made).to_list() == expected
    widest = sum(max(map(len, rows), default=0) for rows in columns)
    np.testing.assert_array_equal(made.dense_shape, [len(expected), widest])
