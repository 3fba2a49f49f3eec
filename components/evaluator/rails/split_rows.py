"""Some rows of a split, as tf.Examples and as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf
from tfx_bsl.coders import example_coder

from widedeep.components.examples.record_files import UNTUNED, records

_BATCH_ROWS = 4096
_FILES_AT_ONCE = 16


@dataclass(frozen=True)
class Column:
    """A feature's values: `values[i]` stands in the row `rows[i]`, int64, rising."""

    rows: np.ndarray
    values: pa.Array


@dataclass(frozen=True)
class SplitRows:
    """Rows of a split.

    Attributes:
        serialized: batches of tf.Examples, object [n] each.
        whole: whether these are all rows of the split.
    """

    serialized: list[np.ndarray]
    whole: bool

    @classmethod
    def read(cls, files: Sequence[str], at_most: int) -> SplitRows:
        """Reads rows of all files in turn: a file's neighbours are alike, of one day as a rule.

        Args:
            files: gzipped TFRecords.
            at_most: rows to read.
        """
        names = tf.data.Dataset.from_tensor_slices(sorted(files))
        read = names.interleave(records, cycle_length=_FILES_AT_ONCE, block_length=64).with_options(UNTUNED)
        batches = list(read.take(at_most + 1).batch(_BATCH_ROWS).as_numpy_iterator())
        rows = sum(batch.size for batch in batches)
        if rows <= at_most:
            return cls(batches, True)
        return cls([*batches[:-1], batches[-1][:-1]] if batches[-1].size > 1 else batches[:-1], False)

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(batch.size for batch in self.serialized)

    @cached_property
    def table(self) -> pa.Table:
        """A list column a feature that any row has."""
        decoder = example_coder.ExamplesToRecordBatchDecoder()
        tables = [pa.Table.from_batches([decoder.DecodeBatch(batch.tolist())]) for batch in self.serialized]
        return pa.concat_tables(tables, promote_options="default")

    def column(self, key: str) -> Column:
        """A feature's values; none where no row has it."""
        if key not in self.table.column_names:
            return Column(np.zeros(0, np.int64), pa.array([], pa.binary()))
        lists = self.table[key].combine_chunks()
        if pa.types.is_null(lists.type):
            return Column(np.zeros(0, np.int64), pa.array([], pa.binary()))
        return Column(pc.list_parent_indices(lists).to_numpy().astype(np.int64), lists.flatten())

    def numbers(self, key: str) -> np.ndarray:
        """Of what each row has one of, as label and weight: float64 [n]."""
        return np.asarray(self.column(key).values.to_numpy(), np.float64)
