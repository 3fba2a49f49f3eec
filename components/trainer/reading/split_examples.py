"""A split's transformed examples, read in blocks.

Data that fits in one block is read once; larger data streams through, block by block, and is shuffled within blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from widedeep.components.common.errors import DataError
from widedeep.components.examples.record_files import records
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.exchange.exchange import ALONE, Exchange
from widedeep.components.trainer.exchange.shares import Share
from widedeep.components.trainer.model.inputs import LABEL_TYPES, TableIds, ids_of
from widedeep.components.trainer.model.label_rates import LabelRates, LabelSums
from widedeep.components.trainer.model.layout import Layout
from widedeep.components.trainer.reading.blocks import Block
from widedeep.components.trainer.reading.traced import TracedFunction
from widedeep.components.trainer.reading.uses import Kind, TableUses, pack, rows_of
from widedeep.components.transform import packed_columns

# Two blocks are in memory at a time: the one in use and the one being read.
_BLOCK_BYTES = 512 * 2**20
_PARSED_ROWS = 4096
_FILES_AT_ONCE = 16
Parsing: TypeAlias = "dict[str, tf.io.FixedLenFeature | tf.io.VarLenFeature]"


class SplitExamples:
    """A split's examples, a block at a time."""

    def __init__(
        self,
        files: Sequence[str],
        spec: FeatureSpec,
        layout: Layout,
        block_bytes: int = _BLOCK_BYTES,
        exchange: Exchange = ALONE,
    ) -> None:
        """Finds the files.

        Args:
            files: patterns of gzipped TFRecords of transformed tf.Examples.
            spec: the declaration that Transform used.
            layout: the model's inputs.
            block_bytes: about how large a block may grow.
            exchange: the workers that share the split.

        Raises:
            DataError: no file matches.
        """
        self._names = sorted(name for pattern in files for name in tf.io.gfile.glob(pattern))
        if not self._names:
            raise DataError(f"no transformed examples match {', '.join(files) or '(no pattern)'}: is the split empty?")
        self._spec, self._layout, self._block_bytes = spec, layout, block_bytes
        self._exchange = exchange
        self._kinds = tuple(Kind.of(table) for table in layout.tables)
        self._share = Share(exchange.number, exchange.workers) if exchange.workers > 1 else None
        self._whole: Block | None = None
        #: Bool, a row of the wide table: whether any example read so far has it.
        self.used = np.zeros(layout.wide.rows if layout.wide else 0, bool)
        # Of the last whole pass.
        self._label = LabelSums(spec.label)
        self._met = False

    @property
    def examples(self) -> int | None:
        """Number of this worker's examples, once it is known that they fit in one block."""
        return self._whole.examples if self._whole else None

    @property
    def label(self) -> LabelRates:
        """The label, once all examples have been read, and all workers met."""
        return self._label.rates()

    def meet(self) -> None:
        """Makes `label` and `used` those of all workers, who have read their shares."""
        if self._share is None or self._met:
            return
        self._met = True
        self._label.merge(self._exchange.gather(self._label.values()))
        words = np.zeros(-(-self.used.size // 64), np.int64)
        bits = np.packbits(self.used)
        words.view(np.uint8)[: bits.size] = bits
        anyones = np.bitwise_or.reduce(self._exchange.gather(words)).view(np.uint8)
        self.used = np.unpackbits(anyones, count=self.used.size).astype(bool)

    def blocks(self) -> Iterator[Block]:
        """The worker's blocks, the same ones in the same order at every pass.

        Raises:
            DataError: there is none, and there are no other workers.
        """
        if self._whole:
            yield self._whole
            return
        block = None
        for block in self._read():
            yield block
        if block is None and self._share is None:
            raise self.none()

    def none(self) -> DataError:
        """That no worker has an example."""
        return DataError(f"the split of {self._names[0]} holds no examples.")

    def no_block(self) -> Block:
        """A block without examples."""
        sizes = tf.zeros([0], tf.int32)
        no_ids, examples = TableIds(sizes, tf.zeros([0], tf.int64), sizes), tf.constant(0, tf.int64)
        tables = tuple(pack(no_ids, table, examples) for table in self._layout.tables)
        label = tf.zeros([0], LABEL_TYPES[self._spec.label.kind])
        nothing = np.zeros(0, np.int64)
        return Block(self._kinds, tables, tf.zeros([0, len(self._layout.dense)]), label, tf.zeros([0]), nothing)

    def _read(self) -> Iterator[Block]:
        parts: list[Any] = []
        size, full = 0, False
        label = LabelSums(self._spec.label)
        for part in self._parsed.as_numpy_iterator():
            parts.append(part)
            label.add(part[2], part[3])
            self._note_used(part[0])
            size += sum(array.nbytes for array in tf.nest.flatten(part))
            if size > self._block_bytes:
                block = self._block(parts)
                # Before the block is used: its parts are as large again.
                parts, size, full = [], 0, True
                yield block
        # What all workers have is the same at every pass.
        if not self._met:
            self._label = label
        if parts:
            block = self._block(parts)
            self._whole = None if full else block
            yield block

    # Traced once for all passes.
    @cached_property
    def _parsed(self) -> tf.data.Dataset:
        # One file's neighbours are alike (of one day, of one user): a block holds rows of many files.
        if self._share is None and len(self._names) == 1:
            # As below, where each record would pass two more iterators: half of the time of reading them.
            data = records(self._names[0])
        elif self._share is None:
            data = tf.data.Dataset.from_tensor_slices(self._names).interleave(records, cycle_length=_FILES_AT_ONCE)
        else:
            data = self._share.records(self._names, _FILES_AT_ONCE)
        parsing = _parsing(self._spec, self._layout)

        def parse(*numbered: tf.Tensor) -> Any:
            *numbers, serialized = numbered
            parsed = tf.io.parse_example(serialized, parsing)
            examples = tf.size(serialized, out_type=tf.int64)
            tables = tuple(
                pack(ids, table, examples)
                for table, ids in zip(self._layout.tables, ids_of(self._layout, parsed), strict=True)
            )
            dense = parsed[packed_columns.DENSE] if self._layout.dense else tf.zeros([examples, 0])
            weight = parsed[self._spec.weight] if self._spec.weight else tf.ones([examples])
            return tables, dense, parsed[self._spec.label.key], weight, *numbers

        return TracedFunction(parse).ahead(data.batch(_PARSED_ROWS))

    def _note_used(self, tables: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
        for table, (values, _) in zip(self._layout.tables, tables, strict=True):
            if table is self._layout.wide:
                self.used[rows_of(values)] = True

    def _block(self, parts: list[Any]) -> Block:
        tables = []
        for number in range(len(self._layout.tables)):
            each, splits = zip(*(part[0][number] for part in parts), strict=True)
            values, lengths = np.concatenate(each), np.concatenate([np.diff(part_splits) for part_splits in splits])
            ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
            tables.append(TableUses(tf.constant(values), tf.constant(ends)))
        dense, label, weight = (tf.constant(np.concatenate([part[n] for part in parts])) for n in (1, 2, 3))
        numbers = np.concatenate([part[4] for part in parts]) if self._share else None
        return Block(self._kinds, tuple(tables), dense, label, weight, numbers)


def _parsing(spec: FeatureSpec, layout: Layout) -> Parsing:
    parsing: Parsing = {spec.label.key: tf.io.FixedLenFeature([], LABEL_TYPES[spec.label.kind])}
    # Some models read no crosses.
    features = [column.feature for column in layout.id_columns if layout.has_crosses or column.feature]
    if layout.tables and any(features):
        parsing[packed_columns.IDS] = tf.io.VarLenFeature(tf.int64)
    if None in features:
        parsing[packed_columns.CROSSES] = tf.io.VarLenFeature(tf.int64)
    if layout.dense:
        parsing[packed_columns.DENSE] = tf.io.FixedLenFeature([len(layout.dense)], tf.float32)
    if spec.weight:
        parsing[spec.weight] = tf.io.FixedLenFeature([], tf.float32)
    return parsing
