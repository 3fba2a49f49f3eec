"""Blocks of examples in memory: the batches are those of a plain parse of the files, in any order."""

from __future__ import annotations

import gc
import itertools
import weakref
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from widedeep.components.common.errors import DataError
from widedeep.components.trainer.model.inputs import Batch
from widedeep.components.trainer.model.layout import Layout, make_layout
from widedeep.components.trainer.reading import blocks, split_examples
from widedeep.components.trainer.reading.blocks import Block
from widedeep.components.trainer.reading.split_examples import SplitExamples

# An example as its inputs say it: a table's rows by cell, each with what it counts, dense values, label, weight.
Seen = tuple[list[list[list[tuple[int, float]]]], list[float], float, float]


def seen(batch: Batch, layout: Layout) -> list[Seen]:
    """The examples of a batch, from where its uses point."""
    count = len(batch.label)
    tables = []
    for table, uses in zip(layout.tables, batch.inputs.uses, strict=True):
        cells: list[list[tuple[int, float]]] = [[] for _ in range(count * table.cells)]
        rows = uses.rows.numpy()
        assert len(set(rows.tolist())) == len(rows)
        for position, cell, share in zip(*(part.numpy() for part in uses[1:]), strict=True):
            cells[cell].append((int(rows[position]), round(float(share), 6)))
        tables.append([cells[number * table.cells :][: table.cells] for number in range(count)])
    rest = (batch.inputs.dense, batch.label, batch.weight)
    by_example = [list(example) for example in zip(*tables, strict=True)]
    return list(zip(by_example, *(part.numpy().tolist() for part in rest), strict=True))


def plain(record: bytes, layout: Layout) -> Seen:
    """The same from the tf.Example alone."""
    features = tf.train.Example.FromString(record).features.feature
    ids = [divmod(value, 2**32) for key in ("ids", "crosses") for value in features[key].int64_list.value]
    tables = []
    for table in layout.tables:
        by_slot = []
        for slot in table.slots:
            of_column = [slot.offset + number for column, number in ids if column == slot.index]
            share = {"mean": 1.0, "root": 0.5, "sum": 0.0}[table.pooling]
            by_slot.append([(row, round(len(of_column) ** -share, 6)) for row in of_column])
        tables.append([list(itertools.chain(*by_slot))] if table is layout.wide else by_slot)
    (label,), (weight,) = features["y"].int64_list.value, features["w"].float_list.value
    return tables, list(features["dense"].float_list.value), label, weight


@pytest.fixture(scope="module")
def expected(toy: Any) -> list[Seen]:
    """A row of each file in turn."""
    parts = [[plain(record, toy.layout) for record in tf.data.TFRecordDataset(name, "GZIP").as_numpy_iterator()]
             for name in toy.files]  # fmt: skip
    return list(itertools.chain(*zip(*parts, strict=True)))


@pytest.fixture(scope="module")
def block(toy: Any) -> Block:
    (block_,) = SplitExamples(toy.files, toy.spec, toy.layout).blocks()
    return block_


def test_all_examples_in_the_order_of_the_files(toy, block, expected):
    read = [seen(batch, toy.layout) for batch in block.batches(64, np.arange(200))]
    assert [len(batch) for batch in read] == [64, 64, 64, 8]
    assert list(itertools.chain(*read)) == expected
    assert block.examples == 200


def test_no_pass_waits_for_a_thread_that_tunes_it(block):
    assert not block.batches(64, np.arange(200)).options().autotune.enabled


@pytest.mark.parametrize("looked_at", [0, 200])
@given(st.permutations(range(200)), st.integers(1, 250), st.integers(0, 4))
@settings(max_examples=8, deadline=None)
def test_any_order_from_any_batch_on(looked_at, toy, block, expected, order, size, first):
    """Gathered in either way: of a block of more examples than those whose splits are looked at, and of a smaller."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "LOOKED_AT", looked_at)
        read = [seen(batch, toy.layout) for batch in block.batches(size, np.array(order), first)]
    assert list(itertools.chain(*read)) == [expected[index] for index in order[first * size :]]
    assert all(len(batch) == size for batch in read[:-1])


def test_small_blocks_give_the_same_examples_in_the_same_order(toy, expected, monkeypatch):
    monkeypatch.setattr(split_examples, "_PARSED_ROWS", 30)
    # 30 rows are a part; a block is full with the part that makes it larger than that.
    for block_bytes, sizes in ((1, [30] * 6 + [20]), (2**62, [200])):
        source = SplitExamples(toy.files, toy.spec, toy.layout, block_bytes)
        for _ in range(2):
            blocks = list(source.blocks())
            assert [block.examples for block in blocks] == sizes
            read = [batch for block in blocks for batch in block.batches(7, np.arange(block.examples))]
            assert list(itertools.chain(*(seen(batch, toy.layout) for batch in read))) == expected


def test_a_block_is_gone_once_its_batches_are(toy):
    """Each is half a gigabyte: to wait until Python looks for cycles would hold all those of a pass."""
    [block] = SplitExamples(toy.files, toy.spec, toy.layout).blocks()
    parts = [block.dense, block.label, *itertools.chain(*block.tables)]
    held = [weakref.ref(part) for part in parts]
    assert None not in [each() for each in held]
    # Anything else that is waiting for it.
    gc.collect()
    gc.disable()
    try:
        assert sum(len(batch.label) for batch in block.batches(64, np.arange(200))) == 200
        del block, parts
        assert [each() for each in held] == [None] * len(held)
    finally:
        gc.enable()


def nbytes(block: Block) -> int:
    parts = [block.dense, block.label, block.weight, *itertools.chain(*block.tables)]
    return sum(part.numpy().nbytes for part in parts)


def test_a_block_holds_about_the_bytes_that_it_may(toy, monkeypatch):
    monkeypatch.setattr(split_examples, "_PARSED_ROWS", 10)
    source = SplitExamples(toy.files, toy.spec, toy.layout, 7_000)
    blocks = list(source.blocks())
    assert len(blocks) > 3
    assert all(5_000 < nbytes(block) < 11_000 for block in blocks[:-1])
    # The last one is not full: it is not the whole split for that.
    assert nbytes(blocks[-1]) < 5_000
    assert source.examples is None
    assert [block.examples for block in source.blocks()] == [block.examples for block in blocks]


def test_the_number_of_examples_is_known_once_they_are_known_to_fit_in_a_block(toy, monkeypatch):
    monkeypatch.setattr(split_examples, "_PARSED_ROWS", 150)
    whole = SplitExamples(toy.files, toy.spec, toy.layout)
    assert whole.examples is None
    assert [whole.examples for _ in whole.blocks()] == [200]
    several = SplitExamples(toy.files, toy.spec, toy.layout, block_bytes=1)
    for _ in range(2):
        assert [several.examples for _ in several.blocks()] == [None, None]
    assert several.examples is None


def test_a_look_at_the_first_block_hides_no_other(toy, monkeypatch):
    monkeypatch.setattr(split_examples, "_PARSED_ROWS", 150)
    source = SplitExamples(toy.files, toy.spec, toy.layout, block_bytes=1)
    assert next(source.blocks()).examples == 150
    assert [block.examples for block in source.blocks()] == [150, 50]


def test_a_split_in_one_block_is_read_once(toy, tmp_path):
    records = list(tf.data.TFRecordDataset(toy.files, "GZIP").as_numpy_iterator())
    name = toy.write(tmp_path / "part.gz", records)
    source = SplitExamples([name], toy.spec, toy.layout)
    (first,) = source.blocks()
    (tmp_path / "part.gz").unlink()
    (second,) = source.blocks()
    assert second is first


def test_the_rows_that_a_split_uses_are_noted(toy, tmp_path):
    rows = toy.rows[:4]
    files = [toy.write(tmp_path / "part.gz", [toy.record(toy.spec, toy.layout, row) for row in rows])]
    source = SplitExamples(files, toy.spec, toy.layout)
    assert not source.used.any()
    list(source.blocks())
    offsets = {slot.column: slot.offset for slot in toy.layout.wide.slots}
    used = {offset + number for row in rows for column, offset in offsets.items() for number in row.ids[column]}
    assert set(np.flatnonzero(source.used).tolist()) == used
    assert 5 < len(used) < 20 == len(source.used)


@pytest.mark.parametrize("variant", ["wide", "deep"])
def test_a_variant_reads_its_own_columns(toy, variant):
    layout = make_layout(toy.spec, {}, variant)
    (block,) = SplitExamples(toy.files, toy.spec, layout).blocks()
    (batch,) = block.batches(500, np.arange(200))
    interleaved = [toy.rows[half * 100 + index] for index in range(100) for half in (0, 1)]
    dense = [row.dense if variant == "deep" else [] for row in interleaved]
    assert batch.inputs.dense.numpy().tolist() == dense
    sizes = [[len(cell) for cell in tables] for (first, *_), *_ in seen(batch, layout) for tables in [first]]
    columns = ("a_id", "c_id", "a_x_c") if variant == "wide" else ("c_id",)
    assert sizes == [[sum(len(row.ids[column]) for column in columns)] for row in interleaved]


def test_without_weights_each_example_counts_once(toy):
    spec = toy.spec.model_copy(update={"weight": None})
    (block,) = SplitExamples(toy.files, spec, toy.layout).blocks()
    assert block.weight.numpy().tolist() == [1.0] * 200


def test_examples_without_any_id_have_empty_cells(toy, tmp_path):
    row = type(toy.rows[0])({column.name: [] for column in toy.layout.id_columns}, [0.5, 0.0], 1, 2.0)
    name = toy.write(tmp_path / "part.gz", [toy.record(toy.spec, toy.layout, row)] * 3)
    (block,) = SplitExamples([name], toy.spec, toy.layout).blocks()
    (batch,) = block.batches(9, np.arange(3))
    assert seen(batch, toy.layout) == [([[[]], [[]], [[], []], [[]]], [0.5, 0.0], 1, 2.0)] * 3


def test_a_split_without_examples_is_refused(toy, tmp_path):
    name = toy.write(tmp_path / "none.gz", [])
    with pytest.raises(DataError) as caught:
        list(SplitExamples([name], toy.spec, toy.layout).blocks())
    assert str(caught.value) == f"the split of {name} holds no examples."


@pytest.mark.parametrize(
    ("files", "named"), [(["/nowhere/a*", "/nowhere/b"], "/nowhere/a*, /nowhere/b"), ([], "(no pattern)")]
)
def test_files_that_are_not_there_are_named(toy, files, named):
    with pytest.raises(DataError) as caught:
        SplitExamples(files, toy.spec, toy.layout)
    assert str(caught.value) == f"no transformed examples match {named}: is the split empty?"
