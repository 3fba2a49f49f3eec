"""Of rows the candidates, and who they are of, as hashes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from widedeep.components.content.hash_sample import hashes_of
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.ingest import scalars
from widedeep.components.ingest.arrow_columns import single_values
from widedeep.components.ingest.example_shards import encode
from widedeep.components.ingest.negatives.hashing import Integers, pairs_of
from widedeep.components.ingest.negatives.negative_options import NegativeOptions, candidate_columns
from widedeep.components.ingest.negatives.pool import Pool

NOBODY = -1
# As many pairs of a file wait to be sorted.
_WAITING = 1 << 20


class Sightings(NamedTuple):
    """What rows hold.

    Attributes:
        forms: hashes of all that the rows' candidates have, [n].
        items: hashes of their keys, [n]; NOBODY of rows without a candidate.
        users: hashes of who the rows are of, [n]; NOBODY where nothing says it.
        table: the candidates, n rows.
    """

    forms: Integers
    items: Integers
    users: Integers
    table: pa.Table

    @classmethod
    def of(
        cls, batch: pa.RecordBatch, beside: Mapping[str, pa.Array], options: NegativeOptions, spec: FeatureSpec
    ) -> Sightings:
        """Looks at rows.

        Args:
            batch: their list columns.
            beside: their raw columns, by name.
            options: what is drawn.
            spec: the declaration.

        Raises:
            BadValueError: who a row is of can't be told.
            DataError: the column's type holds no names.
        """
        forms = batch.select(candidate_columns(spec))
        keys = batch.select(list(options.keys_of(spec)))
        examples = list(encode(keys))
        items = hashes_of(examples)
        items[[not example for example in examples]] = NOBODY
        alone = forms.schema.names == keys.schema.names
        return cls(
            items if alone else hashes_of(list(encode(forms))),
            items,
            _users(beside[options.never]) if options.never else np.full(len(items), NOBODY),
            pa.Table.from_batches([forms]),
        )


def _users(column: pa.Array) -> Integers:
    texts = scalars.text(single_values(column)).dictionary_encode()
    hashes = hashes_of([value.encode() for value in texts.dictionary.to_pylist()])
    users: Integers = np.append(hashes, NOBODY)[texts.indices.fill_null(len(hashes)).to_numpy(zero_copy_only=False)]
    return users


class PoolBuilder:
    """Gathers what is seen of a file's rows of one split, in memory that its different candidates and pairs take."""

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        self._items: list[int] = []
        self._rows: list[int] = []
        self._tables: list[pa.Table] = []
        self._pairs, self._waiting, self._wait = np.zeros(0, np.uint64), [np.zeros(0, np.uint64)], 0

    def add(self, seen: Sightings, rows: Integers) -> None:
        """Takes some of the rows."""
        rows = rows[seen.items[rows] != NOBODY]
        forms, first, counts = np.unique(seen.forms[rows], return_index=True, return_counts=True)
        new = []
        for form, row, count in zip(forms.tolist(), rows[first].tolist(), counts.tolist(), strict=True):
            if form not in self._places:
                self._places[form] = len(self._places)
                self._items.append(int(seen.items[row]))
                self._rows.append(0)
                new.append(row)
            self._rows[self._places[form]] += count
        self._tables.append(seen.table.take(pa.array(new, pa.int64())))
        known = rows[seen.users[rows] != NOBODY]
        self._waiting.append(np.unique(pairs_of(seen.users[known], seen.items[known])))
        self._wait += len(self._waiting[-1])
        if self._wait > max(_WAITING, len(self._pairs)):
            self._sort()

    def _sort(self) -> None:
        self._pairs = np.unique(np.concatenate([self._pairs, *self._waiting]))
        self._waiting, self._wait = [np.zeros(0, np.uint64)], 0

    def pool(self) -> Pool | None:
        """What was seen; None where no row was."""
        self._sort()
        if not self._tables:
            return None
        return Pool(
            np.array(list(self._places), np.int64),
            np.array(self._items, np.int64),
            np.array(self._rows, np.int64),
            pa.concat_tables(self._tables).combine_chunks(),
            self._pairs,
        )
