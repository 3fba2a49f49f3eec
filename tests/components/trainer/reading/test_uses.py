"""Packed uses: what is unpacked is what was packed, and batches are gathered in two ways that agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from widedeep.components.trainer.model.inputs import TableIds
from widedeep.components.trainer.model.layout import Slot, Table
from widedeep.components.trainer.reading import blocks
from widedeep.components.trainer.reading.blocks import Block
from widedeep.components.trainer.reading.traced import TracedFunction
from widedeep.components.trainer.reading.uses import Kind, gather, pack, rows_of, unpack

LARGEST_ROW = 2**31 - 2
# Of each example, the ids in each column.
Drawn = list[list[list[int]]]


@st.composite
def drawn(draw: st.DrawFn) -> Drawn:
    columns = draw(st.integers(1, 9))
    ids = st.lists(st.sampled_from([0, 1, 2, LARGEST_ROW]), max_size=4, unique=True)
    return draw(st.lists(st.lists(ids, min_size=columns, max_size=columns), min_size=1, max_size=6))


def of_cells(examples: Drawn) -> tuple[Table, TableIds]:
    """A table whose columns share rows, each with a cell of its own."""
    columns = len(examples[0])
    slots = tuple(Slot(f"c{number}", number, 0, LARGEST_ROW + 1) for number in range(columns))
    uses = [
        (row, number * columns + column, len(ids))
        for number, example in enumerate(examples)
        for column, ids in enumerate(example)
        for row in ids
    ]
    rows, cell, of_column = np.array(uses, np.int64).reshape(-1, 3).T
    ids = TableIds(tf.constant(rows, tf.int32), tf.constant(cell), tf.constant(of_column, tf.int32))
    return Table(slots, 1, "mean", columns, has_sets=True), ids


@given(drawn())
@settings(max_examples=40, deadline=None)
def test_what_is_unpacked_is_what_was_packed(examples: Drawn) -> None:
    table, ids = of_cells(examples)
    packed = pack(ids, table, tf.constant(len(examples), tf.int64))
    uses = unpack(packed, Kind.of(table))
    assert uses.rows.numpy()[uses.position.numpy()].tolist() == ids.rows.numpy().tolist()
    assert uses.cell.numpy().tolist() == ids.cell.numpy().tolist()
    assert uses.share.numpy().tolist() == (1 / ids.of_column.numpy().astype(np.float32)).tolist()
    assert rows_of(packed.values.numpy()).tolist() == ids.rows.numpy().tolist()
    assert np.diff(packed.splits.numpy()).tolist() == [sum(map(len, example)) for example in examples]


@given(drawn(), st.data())
@settings(max_examples=40, deadline=None)
def test_both_ways_of_gathering_agree(examples: Drawn, data: st.DataObject) -> None:
    table, ids = of_cells(examples)
    packed = pack(ids, table, tf.constant(len(examples), tf.int64))
    wanted = data.draw(st.lists(st.integers(0, len(examples) - 1), max_size=9))
    read = [gather(packed, tf.constant(wanted, tf.int64), looks_at_all) for looks_at_all in (True, False)]
    for gathered in read:
        rows = rows_of(gathered.values.numpy()).tolist()
        assert rows == [row for number in wanted for column in examples[number] for row in column]
    for one, other in zip(*read, strict=True):
        assert one.numpy().tolist() == other.numpy().tolist()


def test_a_large_block_is_not_looked_at_whole_for_each_batch(toy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its splits, a million of each table, would take as long as a step."""
    asked, part = [], TracedFunction(lambda bounds, _: bounds)
    monkeypatch.setattr(blocks, "_part", lambda kinds, looks_at_all: asked.append(looks_at_all) or part)
    monkeypatch.setattr(blocks, "LOOKED_AT", 3)
    for examples in (3, 4):
        block = Block((), (), tf.zeros([examples, 0]), tf.zeros([examples]), tf.zeros([examples]))
        block.batches(2, np.arange(examples))
    assert asked == [True, False]


def test_a_function_is_traced_once_for_elements_of_any_length() -> None:
    traces = []

    def function(rows: tf.Tensor, scale: tuple[tf.Tensor, tf.Tensor]) -> dict[str, Any]:
        traces.append(1)
        return {"sum": tf.reduce_sum(rows) * scale[0], "rows": (rows, scale[1][:1])}

    traced = TracedFunction(function)
    for length in (2, 5, 1):
        rows = tf.data.Dataset.from_tensor_slices(np.arange(3 * length).reshape(3, length))
        scale = tf.data.Dataset.from_tensors((np.int64(2), np.ones([length, 2]))).repeat()
        made = traced.ahead(tf.data.Dataset.zip(rows, scale))
        assert [each["sum"].numpy() for each in made] == [
            2 * sum(range(n * length, (n + 1) * length)) for n in range(3)
        ]
        assert [each["rows"][0].shape for each in made] == [[length]] * 3
        assert not made.options().autotune.enabled
        assert made.element_spec["rows"][1].shape.as_list() == [None, 2]
    assert len(traces) == 1
