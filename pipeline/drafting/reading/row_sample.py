"""A uniform sample of rows in bounded memory: those that drew the lowest numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_ROWS, _CELLS = 100_000, 4_000_000


class RowSample:
    """At most so many rows, each of all with the same chance; equal data give an equal sample.

    Source: Knuth, The Art of Computer Programming, volume 2, section 3.4.2 (selection sampling by random keys).
    """

    def __init__(self, columns: int) -> None:
        """Empty, for rows of so many columns."""
        self.size = max(1000, min(_ROWS, _CELLS // max(1, columns)))
        self.rows = 0
        self._random = np.random.default_rng(1)
        self._limit = 1.0
        self._parts: list[pa.Table] = []
        self._drawn: list[npt.NDArray[np.float64]] = []

    def add(self, arrays: Mapping[str, pa.Array], split: str) -> None:
        """Draws of some rows of a split."""
        rows = len(next(iter(arrays.values())))
        drawn = self._random.random(rows)
        keep = np.flatnonzero(drawn < self._limit)
        table = pa.table(dict(arrays)).take(pa.array(keep))
        table = table.append_column(POSITION, pa.array(self.rows + keep, pa.int64()))
        table = table.append_column(SPLIT, pa.array([split] * len(keep), pa.string()))
        self._parts.append(table)
        self._drawn.append(drawn[keep])
        self.rows += rows
        if sum(map(len, self._drawn)) > 2 * self.size:
            self._cut()

    def table(self) -> pa.Table:
        """The rows, in their order; their places stand in POSITION and their splits in SPLIT."""
        self._cut()
        return self._parts[0]

    def _cut(self) -> None:
        drawn = np.concatenate(self._drawn)
        if len(drawn) > self.size:
            self._limit = float(np.partition(drawn, self.size)[self.size])
        keep = np.flatnonzero(drawn < self._limit)
        table = pa.concat_tables(self._parts, promote_options="permissive").take(pa.array(keep)).combine_chunks()
        self._parts, self._drawn = [table], [drawn[keep]]


# No column of a file is called so.
POSITION, SPLIT = "\0position", "\0split"
