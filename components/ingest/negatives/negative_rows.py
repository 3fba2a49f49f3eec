"""The rows of label 0 for rows of label 1: all that a row has, but for the candidate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.utils.shared import Shared

from widedeep.components.content.hash_sample import hashes_of
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.ingest.example_shards import encode
from widedeep.components.ingest.negatives.draws import Draws, Positives
from widedeep.components.ingest.negatives.hashing import Integers, mixed
from widedeep.components.ingest.negatives.negative_options import NegativeOptions, candidate_columns
from widedeep.components.ingest.negatives.pool import Pool
from widedeep.components.ingest.negatives.sightings import Sightings


@dataclass(frozen=True)
class Drawn:
    """What was drawn for some rows of a split.

    Attributes:
        batch: the rows, as `encode` takes them.
        examples: the same, encoded.
        behind: the number of the row that each belongs behind, rising.
        positives: how many of the rows were of label 1.
        short: how many of these had fewer candidates left than were wanted.
    """

    batch: pa.RecordBatch
    examples: list[bytes]
    behind: list[int]
    positives: int
    short: int


class NegativeRows:
    """Draws for the rows of one split."""

    def __init__(self, path: str, options: NegativeOptions, spec: FeatureSpec, shared: Shared) -> None:
        """Reads the split's pool, once a process.

        Args:
            path: of the pool.
            options: what is drawn.
            spec: the declaration.
            shared: holds the pools of a process.
        """
        self._options, self._spec = options, spec
        self._pool: Pool = shared.acquire(partial(Pool.read, path), tag=path)
        self._draws = Draws(self._pool, options.popularity)

    def of(
        self, batch: pa.RecordBatch, examples: list[bytes], beside: Mapping[str, pa.Array], numbers: Integers
    ) -> Drawn:
        """Draws for rows: the same for the same rows in the same places of their file.

        Args:
            batch: their list columns.
            examples: the same, encoded.
            beside: their raw columns, by name.
            numbers: of the rows in their file, [n].
        """
        label = self._spec.label.key
        rows = np.flatnonzero(pc.equal(pc.list_flatten(batch.column(label)), 1).to_numpy(zero_copy_only=False))
        seen = Sightings.of(batch, beside, self._options, self._spec)
        # Rows alike would draw alike, but for their places.
        seeds = hashes_of(examples).astype(np.uint64) ^ mixed(numbers.astype(np.uint64))
        drawn = self._draws.of(Positives(seeds[rows], seen.users[rows], seen.items[rows]), self._options.per_positive)
        there = drawn >= 0
        behind, forms = np.repeat(rows, there.sum(axis=1)), drawn[there]
        contexts, candidates = batch.take(pa.array(behind)), self._pool.table.take(pa.array(forms))
        columns = {name: contexts.column(name) for name in batch.schema.names}
        for name in candidate_columns(self._spec):
            columns[name] = candidates.column(name).combine_chunks()
        columns[label] = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(len(behind), np.int64)), 1).cast(
            columns[label].type
        )
        negatives = pa.RecordBatch.from_pydict(columns)
        return Drawn(
            negatives,
            list(encode(negatives)) if len(behind) else [],
            behind.tolist(),
            len(rows),
            int((~there.all(axis=1)).sum()),
        )
