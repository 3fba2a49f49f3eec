"""Places among rising numbers, against NumPy's."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from widedeep.components.transform.ids.places import first_places

NUMBERS = st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3), max_size=12)


@given(NUMBERS.map(sorted), NUMBERS)
@settings(max_examples=60, deadline=None)
def test_a_number_comes_where_numpy_finds_it_first(rising: list[int], numbers: list[int]) -> None:
    found = first_places(tf.constant(rising, tf.int64), tf.constant(numbers, tf.int64))
    assert found.dtype == tf.int64
    assert found.numpy().tolist() == np.searchsorted(np.array(rising, np.int64), np.array(numbers, np.int64)).tolist()
