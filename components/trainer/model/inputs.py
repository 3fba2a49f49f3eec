"""The model's inputs: which rows of its tables a batch of transformed examples uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np
import tensorflow as tf

from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.model.layout import Layout, Pooling, Table
from widedeep.components.transform import packed_columns
from widedeep.components.transform.crosses import unique
from widedeep.components.transform.ids.side_by_side import side_by_side

# So many ids of one column count fully in a summed embedding; more share what these would count.
MOST_FULL_IDS = 256
LABEL_TYPES = {"binary": tf.int64, "regression": tf.float32, "multiclass": tf.int64}
# Transformed columns by name, those of ids sparse.
Transformed: TypeAlias = "Mapping[str, tf.Tensor | tf.SparseTensor]"
_ID_MASK = 2**packed_columns.ID_BITS - 1
_NO_SIZES = np.zeros([0], np.int32)


class Uses(NamedTuple):
    """The rows of one table that a batch uses.

    Attributes:
        rows: int32 [k], each row once where they are trained.
        position: int32 [n], for each use the index in `rows`.
        cell: int64 [n], rising, for each use where its value goes: example * cells + cell of the example.
        share: float32 [n], what each use counts in its cell's sum, as the table's pooling has it; None in a server's
            table where all count 1, or are equal parts of a mean: it has other operations for these.

    Example: a table of the columns a (rows 0-9) and b (rows 10-19), and two examples, a: {3}, b: {1, 2} and
    a: {3}, b: {}. Then rows are 3, 11, 12; positions 0, 1, 2, 0; cells 0, 1, 1, 2.
    """

    rows: tf.Tensor
    position: tf.Tensor
    cell: tf.Tensor
    share: tf.Tensor | None


class TableIds(NamedTuple):
    """The rows of one table that examples use, one by one.

    Attributes:
        rows: int32 [n].
        cell: int64 [n], as in Uses.
        of_column: int32 [n], how many ids of the same column the example has, in a table with sets, else [0].
    """

    rows: tf.Tensor
    cell: tf.Tensor
    of_column: tf.Tensor


class Inputs(NamedTuple):
    """What the model reads of b examples: `uses` of each of the layout's tables, `dense` as float32 [b, dense]."""

    uses: tuple[Uses, ...]
    dense: tf.Tensor


class Batch(NamedTuple):
    """b examples: inputs, label [b], and weight, float32 [b]."""

    inputs: Inputs
    label: tf.Tensor
    weight: tf.Tensor


def batch_signature(spec: FeatureSpec, layout: Layout) -> Batch:
    """What a batch of any size looks like to tf.function, so that one trace serves every batch."""
    uses = Uses(*(tf.TensorSpec([None], dtype) for dtype in (tf.int32, tf.int32, tf.int64, tf.float32)))
    dense = tf.TensorSpec([None, len(layout.dense)], tf.float32)
    label = tf.TensorSpec([None], LABEL_TYPES[spec.label.kind])
    return Batch(Inputs((uses,) * len(layout.tables), dense), label, tf.TensorSpec([None], tf.float32))


def from_transformed(layout: Layout, transformed: Transformed, examples: tf.Tensor) -> Inputs:
    """The inputs of transformed columns, as Transform's graph returns them in a server.

    Args:
        layout: the model's.
        transformed: the columns IDS and CROSSES, sparse, and DENSE, as far as the declaration has such.
            Without crosses the wide part is that of the features alone.
        examples: int64 scalar, the number of rows.
    """
    uses = tuple(
        Uses(ids.rows, tf.range(tf.size(ids.rows)), ids.cell, served_share(table, ids.of_column))
        for table, ids in zip(layout.tables, ids_of(layout, transformed), strict=True)
    )
    dense = transformed[packed_columns.DENSE] if layout.dense else tf.zeros([examples, 0])
    return Inputs(uses, tf.ensure_shape(dense, [None, len(layout.dense)]))


def share(pooling: Pooling, of_column: tf.Tensor) -> tf.Tensor:
    """What each of m ids that an example has of a column counts in the sum of its cell.

    Args:
        pooling: the table's.
        of_column: m, of any shape.

    Returns:
        float32: of a mean 1/m, of a root 1/sqrt(m), of a sum 1, or 256/m where that is less.
    """
    ids = tf.maximum(tf.cast(of_column, tf.float32), 1.0)
    if pooling == "root":
        return tf.math.rsqrt(ids)
    return 1.0 / ids if pooling == "mean" else tf.minimum(1.0, MOST_FULL_IDS / ids)


def served_share(table: Table, of_column: tf.Tensor) -> tf.Tensor | None:
    """What a server's uses count, see Uses; `of_column` as in TableIds."""
    return share(table.pooling, of_column) if table.has_sets and table.pooling != "mean" else None


def ids_of(layout: Layout, transformed: Transformed) -> Iterator[TableIds]:
    """What `table_uses` gives, for each of the layout's tables; `transformed` as in `from_transformed`."""
    names = [name for name in (packed_columns.IDS, packed_columns.CROSSES) if name in transformed]
    made = {name: cut(layout, transformed[name]) for name in names}
    for table in layout.tables:
        if table is layout.wide:
            ids = list(made.values())
            yield table_uses(table, len(layout.id_columns), ids[0] if len(ids) == 1 else side_by_side(ids))
        else:
            # No cross has an embedding.
            of_features = sum(column.feature is not None for column in layout.id_columns)
            yield table_uses(table, of_features, made[packed_columns.IDS])


def cut(layout: Layout, ids: tf.SparseTensor) -> tf.SparseTensor:
    """The ids of columns that Transform makes of more buckets, below their sizes; ids of a row that meet are one."""
    columns = layout.id_columns
    if not any(column.cut for column in columns):
        return ids
    masks = tf.constant([column.size - 1 if column.cut else _ID_MASK for column in columns], tf.int64)
    number = tf.bitwise.right_shift(ids.values, packed_columns.ID_BITS)
    low = tf.bitwise.bitwise_and(ids.values, tf.gather(masks, number))
    ids = ids.with_values(tf.bitwise.left_shift(number, packed_columns.ID_BITS) + low)
    return unique(ids) if any(column.cut and column.has_sets for column in columns) else ids


def table_uses(table: Table, id_columns: int, ids: tf.SparseTensor) -> TableIds:
    """Which of the ids are the table's, and where they stand in it.

    Args:
        table: one of the layout's.
        id_columns: number of id columns in all.
        ids: int64 [batch, any], each with its column's number in its upper half.
    """
    # -1 marks the columns that are not in this table.
    offsets, cells = [-1] * id_columns, [0] * id_columns
    for number, slot in enumerate(table.slots):
        offsets[slot.index], cells[slot.index] = slot.offset, min(number, table.cells - 1)
    values, row = ids.values, ids.indices[:, 0]
    column = tf.bitwise.right_shift(values, packed_columns.ID_BITS)
    offset = tf.gather(tf.constant(offsets, tf.int64), column)
    if -1 in offsets:
        ours = tf.reshape(tf.where(offset >= 0), [-1])
        values, row, column, offset = (tf.gather(array, ours) for array in (values, row, column, offset))
    rows = offset + tf.bitwise.bitwise_and(values, _ID_MASK)
    cell = row * table.cells
    if table.cells > 1:
        cell += tf.gather(tf.constant(cells, tf.int64), column)
    of_column = alike(row * id_columns + column, ids.dense_shape[0] * id_columns) if table.has_sets else _NO_SIZES
    return TableIds(tf.cast(rows, tf.int32), cell, of_column)


def alike(part: tf.Tensor, parts: tf.Tensor) -> tf.Tensor:
    """How many there are of each number among [n] numbers below `parts`: int32 [n]."""
    return tf.gather(tf.math.unsorted_segment_sum(tf.ones_like(part, tf.int32), part, parts), part)


def deduplicate(rows: tf.Tensor, cell: tf.Tensor, share: tf.Tensor) -> Uses:
    """Uses with each row once: the sparse updates are right for different rows only."""
    unique_rows, position = tf.unique(rows)
    return Uses(unique_rows, position, cell, share)
