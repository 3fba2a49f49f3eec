"""Transformed columns as what is trained reads them."""

from __future__ import annotations

import tensorflow as tf

from widedeep.components.trainer.model.inputs import Inputs, Transformed, ids_of
from widedeep.components.trainer.model.layout import Layout
from widedeep.components.trainer.reading.uses import Kind, pack, unpack
from widedeep.components.transform import packed_columns


def trained(layout: Layout, transformed: Transformed, examples: int) -> Inputs:
    """The inputs of a batch of all examples."""
    count = tf.constant(examples, tf.int64)
    uses = (
        unpack(pack(ids, table, count), Kind.of(table))
        for table, ids in zip(layout.tables, ids_of(layout, transformed), strict=True)
    )
    dense = transformed[packed_columns.DENSE] if layout.dense else tf.zeros([examples, 0])
    return Inputs(tuple(uses), dense)
