"""Which rows of its tables a batch uses, against a plain Python reading of the packed ids."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from trained_inputs import trained

from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.model.inputs import batch_signature, deduplicate, from_transformed, table_uses
from widedeep.components.trainer.model.layout import Slot, Table, make_layout

# Sizes of id columns; a table of any of them; and for each of some examples, each column's ids.
Drawn = tuple[list[int], list[int], list[list[list[int]]]]


@st.composite
def drawn(draw: st.DrawFn) -> Drawn:
    sizes = draw(st.lists(st.integers(1, 9), min_size=1, max_size=5))
    members = sorted(draw(st.sets(st.integers(0, len(sizes) - 1), min_size=1)))
    ids = st.tuples(*(st.lists(st.integers(0, size - 1), max_size=3) for size in sizes)).map(list)
    return sizes, members, draw(st.lists(ids, max_size=6))


def table(sizes: list[int], members: list[int], together: bool = False) -> Table:
    offsets = np.cumsum([0, *(sizes[member] for member in members)]).tolist()
    slots = tuple(Slot(f"c{m}", m, offset, sizes[m]) for m, offset in zip(members, offsets, strict=False))
    return Table(slots, 1, "sum", 1 if together else len(slots))


def packed(examples: list[list[list[int]]], first: int = 0) -> tf.SparseTensor:
    """Column by column, the column's number, from `first` on, in the upper half."""
    rows = [
        [(number << 32) | number_ for number, ids in enumerate(example, first) for number_ in ids]
        for example in examples
    ]
    indices = [(row, place) for row, values in enumerate(rows) for place in range(len(values))]
    return tf.SparseTensor(
        np.array(indices, np.int64).reshape(-1, 2),
        np.array([value for values in rows for value in values], np.int64),
        [len(examples), max(map(len, rows), default=0)],
    )


@pytest.mark.parametrize("together", [True, False])
@given(drawn())
@settings(max_examples=60, deadline=None)
def test_rows_and_cells_are_those_of_a_plain_reading(together, data):
    sizes, members, examples = data
    rows, cells, _ = table_uses(table(sizes, members, together), len(sizes), packed(examples))
    offsets = dict(zip(members, np.cumsum([0, *(sizes[member] for member in members)]).tolist(), strict=False))
    expected = []
    for number, example in enumerate(examples):
        for place, member in enumerate(members):
            cell = number if together else number * len(members) + place
            expected += [(offsets[member] + id_, cell) for id_ in example[member]]
    assert list(zip(rows.numpy().tolist(), cells.numpy().tolist(), strict=True)) == expected
    assert (rows.dtype, cells.dtype) == (tf.int32, tf.int64)


def test_the_example_of_uses():
    """a: {3}, b: {1, 2} and a: {3}, b: {}, with a in rows 0 to 9 and b in rows 10 to 19."""
    rows, cells, _ = table_uses(table([10, 10], [0, 1]), 2, packed([[[3], [1, 2]], [[3], []]]))
    uses = deduplicate(rows, cells, tf.zeros([0]))
    assert uses.rows.numpy().tolist() == [3, 11, 12]
    assert uses.position.numpy().tolist() == [0, 1, 2, 0]
    assert uses.cell.numpy().tolist() == [0, 1, 1, 2]


@given(drawn())
@settings(max_examples=30, deadline=None)
def test_each_row_stands_once_and_positions_lead_back(data):
    sizes, members, examples = data
    rows, cells, _ = table_uses(table(sizes, members), len(sizes), packed(examples))
    uses = deduplicate(rows, cells, tf.zeros([0]))
    assert sorted(uses.rows.numpy().tolist()) == sorted(set(rows.numpy().tolist()))
    assert uses.rows.numpy()[uses.position.numpy()].tolist() == rows.numpy().tolist()
    assert uses.cell.numpy().tolist() == cells.numpy().tolist()


def test_the_largest_row_and_the_last_column_survive_the_packing():
    last = 2**31 - 2
    uses = table(sizes := [1] * 40 + [last + 1], [40])
    rows, cells, _ = table_uses(uses, len(sizes), packed([[[]] * 40 + [[0, last]]]))
    assert (rows.numpy().tolist(), cells.numpy().tolist()) == ([0, last], [0, 0])


def test_the_inputs_of_each_table_and_the_dense_columns(toy):
    """Tables in the layout's order: wide (a, c, a_x_c), then c, then a and b, then s."""
    ids = packed([[[1, 2], [], [5], [3]], [[], [4], [], []]])
    crosses, dense = packed([[[0]], [[8]]], first=4), tf.constant([[0.5, 0.0], [0.0, 1.0]])
    transformed = {"ids": ids, "crosses": crosses, "dense": dense}
    inputs = from_transformed(toy.layout, transformed, tf.constant(2, tf.int64))
    read = [(uses.rows.numpy()[uses.position.numpy()].tolist(), uses.cell.numpy().tolist()) for uses in inputs.uses]
    assert read == [
        # a has rows 0 to 6, c 7 to 10, the cross 11 to 19; an example's all go to one cell.
        ([1, 2, 10, 11, 19], [0, 0, 0, 0, 1]),
        ([3], [0]),
        # a has rows 0 to 6, b 7 to 11; cells 0 and 2 are a's, 1 and 3 are b's.
        ([1, 2, 11], [0, 0, 3]),
        ([5], [0]),
    ]
    # The first example has two ids of a in the wide table, and one of each other column.
    shares = [None if uses.share is None else uses.share.numpy().tolist() for uses in inputs.uses]
    assert shares == [pytest.approx([2**-0.5, 2**-0.5, 1.0, 1.0, 1.0]), None, None, [1.0]]
    assert inputs.dense.numpy().tolist() == dense.numpy().tolist()


def test_a_model_without_dense_columns_gets_none(toy):
    layout = make_layout(toy.spec, {}, "wide")
    inputs = from_transformed(layout, {"ids": packed([[[1], [], [], []]] * 3)}, tf.constant(3, tf.int64))
    assert inputs.dense.shape == [3, 0]
    assert len(inputs.uses) == 1


def test_a_dense_column_of_another_width_is_refused(toy):
    transformed = {"ids": packed([[[]] * 4]), "dense": tf.zeros([1, 3])}
    with pytest.raises(tf.errors.InvalidArgumentError, match="not compatible with expected shape"):
        from_transformed(toy.layout, transformed, tf.constant(1, tf.int64))


@pytest.mark.parametrize(("kind", "dtype"), [("binary", tf.int64), ("regression", tf.float32)])
def test_one_trace_serves_batches_of_any_size(toy, kind, dtype):
    spec = FeatureSpec.model_validate(toy.spec.model_dump() | {"label": {"key": "y", "kind": kind}})
    signature = batch_signature(spec, toy.layout)
    traces = []

    @tf.function(input_signature=[signature])
    def examples(batch: Any) -> tf.Tensor:
        traces.append(1)
        return tf.size(batch.label)

    for size in (1, 20, 0):
        transformed = {"ids": packed([[[1], [], [], [2]]] * size), "dense": tf.zeros([size, 2])}
        inputs = trained(toy.layout, transformed, size)
        batch = type(signature)(inputs, tf.zeros([size], dtype), tf.ones([size]))
        assert examples(batch).numpy() == size
    assert len(traces) == 1
