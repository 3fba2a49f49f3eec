"""Columns side by side, against TensorFlow's own concatenation of ragged rows."""

from __future__ import annotations

import itertools

import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from widedeep.components.transform.ids.side_by_side import side_by_side

Rows = list[list[int]]
COLUMNS = st.integers(0, 5).flatmap(
    lambda rows: st.lists(
        st.lists(st.lists(st.integers(0, 2**40), max_size=3), min_size=rows, max_size=rows), min_size=1, max_size=4
    )
)


@given(columns=COLUMNS)
@example(columns=[[[1], []], [[], []]])
@settings(max_examples=60, deadline=None)
def test_each_row_has_the_first_columns_values_and_then_the_seconds(columns: list[Rows]) -> None:
    ragged = [tf.ragged.constant(rows, tf.int64, ragged_rank=1) for rows in columns]
    made = side_by_side([each.to_sparse() for each in ragged])
    expected = [list(itertools.chain(*parts)) for parts in zip(*columns, strict=True)]
    assert tf.RaggedTensor.from_sparse(made).to_list() == expected
    # As wide as the longest row.
    assert made.dense_shape.numpy().tolist() == [len(expected), max(map(len, expected), default=0)]
