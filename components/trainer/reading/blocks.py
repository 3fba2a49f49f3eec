"""Transformed examples held in memory in blocks, from which batches are gathered in any order.

Parsing once and gathering batches in C++ costs a fraction of parsing a batch at a time at every pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from widedeep.components.trainer.model.inputs import Batch, Inputs
from widedeep.components.trainer.reading.traced import TracedFunction
from widedeep.components.trainer.reading.uses import LOOKED_AT, Kind, TableUses, gather, unpack


@dataclass(frozen=True)
class Block:
    """Examples in memory.

    Attributes:
        kinds: of the uses of each of the layout's tables.
        tables: the uses.
        dense: float32 [examples, dense].
        label: [examples].
        weight: float32 [examples].
        numbers: int64 [examples], which of all workers' examples they are; None where there is one worker.
    """

    kinds: tuple[Kind, ...]
    tables: tuple[TableUses, ...]
    dense: tf.Tensor
    label: tf.Tensor
    weight: tf.Tensor
    numbers: np.ndarray | None = None

    @property
    def examples(self) -> int:
        """Number of examples."""
        return int(self.label.shape[0])

    def batches(self, size: int, order: np.ndarray, first: int = 0) -> tf.data.Dataset:
        """Batches of the examples in `order`, from batch number `first` on; the last may be smaller."""
        return self.parts(order, np.minimum(np.arange(0, len(order) + size, size), len(order)), first)

    def parts(self, order: np.ndarray, ends: np.ndarray, first: int) -> tf.data.Dataset:
        """The examples in `order` between each two of the rising `ends`, of which two may be equal, from `first` on."""
        # A block is an element: one that a traced function captures stays in memory until Python looks for cycles.
        columns = (self.dense, self.label, self.weight)
        block = tf.data.Dataset.from_tensors((self.tables, columns, tf.constant(order, tf.int64)))
        bounds = tf.data.Dataset.from_tensor_slices((ends[first:-1], ends[first + 1 :]))
        function = _part(self.kinds, looks_at_all=self.examples <= LOOKED_AT)
        return function.ahead(tf.data.Dataset.zip(bounds, block.repeat()))


@lru_cache
def _part(kinds: tuple[Kind, ...], looks_at_all: bool) -> TracedFunction:
    """What makes a batch of a part of a block; see `gather`."""

    def batch(bounds: tuple[tf.Tensor, tf.Tensor], block: tuple[Any, ...]) -> Batch:
        tables, columns, order = block
        examples = order[slice(*bounds)]
        uses = tuple(
            unpack(gather(table, examples, looks_at_all), kind) for table, kind in zip(tables, kinds, strict=True)
        )
        dense, label, weight = (tf.gather(column, examples) for column in columns)
        return Batch(Inputs(uses, dense), label, weight)

    return TracedFunction(batch)
