"""What negatives of a split are drawn from: its candidates with their rows, and who has had which.

Its memory: 8 bytes a different pair of user and candidate, and each different candidate with its features once. Of all
splits together they are sorted in one process; each worker then holds those of the splits that it writes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa

from widedeep.components.ingest.negatives.hashing import Integers, Unsigned, pairs_of
from widedeep.components.ingest.paths import locate

# Files of a pool, and columns in them whose names no feature can have.
_CANDIDATES, _PAIRS = ".candidates.arrow", ".pairs.arrow"
_FORM, _ITEM, _ROWS, _PAIR = " form", " item", " rows", " pair"


@dataclass(frozen=True)
class Pool:
    """Candidates, sorted by their hashes, whatever the order of the rows that held them.

    A candidate may stand there in several forms, where features beside its keys differ, as a price.

    Attributes:
        forms: hashes of all that a candidate has, [k].
        items: of each form the hash of the candidate's keys, rising, [k].
        rows: of each form how many rows hold it, [k].
        table: the forms' features as an example has them, k rows.
        pairs: hashes of the pairs of user and candidate that rows hold, rising.
    """

    forms: Integers
    items: Integers
    rows: Integers
    table: pa.Table
    pairs: Unsigned

    @classmethod
    def union(cls, pools: Iterable[Pool]) -> Self:
        """All candidates, rows and pairs of some pools, at least one."""
        parts = list(pools)
        forms = np.concatenate([part.forms for part in parts])
        items = np.concatenate([part.items for part in parts])
        forms, first, place = np.unique(forms, return_index=True, return_inverse=True)
        rows = np.bincount(place, np.concatenate([part.rows for part in parts]), len(forms)).astype(np.int64)
        table = pa.concat_tables([part.table for part in parts]).take(pa.array(first))
        order = np.lexsort((forms, items[first]))
        return cls(
            forms[order],
            items[first][order],
            rows[order],
            table.take(pa.array(order)).combine_chunks(),
            np.unique(np.concatenate([part.pairs for part in parts])),
        )

    def has(self, users: Integers, items: Integers) -> np.ndarray:
        """Whether a row holds each user with each candidate; a user below 0 is nobody, who has had none."""
        wanted = pairs_of(users, items)
        places = np.searchsorted(self.pairs, wanted)
        present = places < len(self.pairs)
        present[present] = self.pairs[places[present]] == wanted[present]
        return present & (users >= 0)

    def write(self, path: str) -> None:
        """Leaves it in two files whose names begin so."""
        filesystem, inner = locate(path)
        filesystem.create_dir(os.path.dirname(inner), recursive=True)
        told = {_FORM: self.forms, _ITEM: self.items, _ROWS: self.rows}
        table = self.table
        for name, numbers in told.items():
            table = table.append_column(name, pa.array(numbers))
        for ending, written in ((_CANDIDATES, table), (_PAIRS, pa.table({_PAIR: self.pairs}))):
            with filesystem.open_output_stream(inner + ending) as file, pa.ipc.new_stream(file, written.schema) as out:
                out.write_table(written)

    @classmethod
    def read(cls, path: str) -> Self:
        """What `write` has left."""
        table, pairs = (_table(path + ending) for ending in (_CANDIDATES, _PAIRS))
        forms, items, rows = (table.column(name).to_numpy() for name in (_FORM, _ITEM, _ROWS))
        return cls(forms, items, rows, table.drop_columns([_FORM, _ITEM, _ROWS]), pairs.column(_PAIR).to_numpy())


def _table(path: str) -> pa.Table:
    filesystem, inner = locate(path)
    with filesystem.open_input_file(inner) as file, pa.ipc.open_stream(file) as reader:
        return reader.read_all().combine_chunks()
