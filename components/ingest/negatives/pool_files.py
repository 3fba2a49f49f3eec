"""The pools of all splits: what each file's rows hold, gathered by Beam, and put together so that nothing leaks.

A split draws from what rows of it and of the splits before it hold, in the order train, eval, and then the others, and
never from a later one: train must not know what eval and test hold, not even by what is never drawn.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import apache_beam as beam
import numpy as np
import tensorflow as tf

from widedeep.components.common.errors import DataError
from widedeep.components.ingest.csv_files.header import NoRowsError
from widedeep.components.ingest.example_shards import encode
from widedeep.components.ingest.ingest_options import IngestOptions
from widedeep.components.ingest.negatives.pool import Pool
from widedeep.components.ingest.negatives.sightings import PoolBuilder, Sightings
from widedeep.components.ingest.splitting.assignment import in_words, splits_of
from widedeep.components.ingest.splitting.rules import Seen
from widedeep.components.ingest.splitting.split_files import Job

# In ExampleGen's output, until its rows are written.
_FOLDER = "negatives"
_FIRST = ("train", "eval")


class Gather(beam.DoFn):
    """Leaves what the rows of a file hold, a pool a split."""

    def __init__(self, options: str, uri: str) -> None:
        """Takes IngestOptions as JSON, and ExampleGen's output."""
        super().__init__()
        self._options, self._uri = options, uri

    def process(self, job: Job) -> None:
        """Reads a whole file."""
        options = IngestOptions.model_validate_json(self._options)
        assert options.negatives is not None
        spec, rule = options.spec, options.rule(job.buckets)
        builders = [PoolBuilder() for _ in job.outputs]
        seen = Seen()
        try:
            for rows in options.reader(rule).read(job.path, query=job.query):
                # One split takes all of them, whatever they hold.
                encoded = list(encode(rows.batch)) if len(job.outputs) > 1 else [b""] * rows.batch.num_rows
                splits = np.array(splits_of(job.path, rows, rule, encoded, seen))
                with in_words(job.path, rows, options.negatives.never):
                    sightings = Sightings.of(rows.batch, rows.beside, options.negatives, spec)
                for split, builder in enumerate(builders):
                    builder.add(sightings, np.flatnonzero(splits == split))
        except NoRowsError:
            pass
        for (name, _), builder in zip(job.outputs, builders, strict=True):
            pool = builder.pool()
            if pool is not None:
                pool.write(os.path.join(_folder(self._uri), name, f"{job.number:05d}"))


def put_together(uri: str, splits: Sequence[str]) -> None:
    """Makes of what `Gather` has left the pool that each split draws from.

    Args:
        uri: of ExampleGen's output.
        splits: their names.

    Raises:
        DataError: no row of a split, or of one before it, has a candidate.
    """
    before: Pool | None = None
    for split in sorted(splits, key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST)):
        folder = os.path.join(_folder(uri), split)
        parts = [Pool.read(path) for path in _stems(folder)]
        if before is not None:
            parts.append(before)
        if not any(len(part.forms) for part in parts):
            raise DataError(f"data.negatives: no row of '{split}' has a candidate that could be drawn.")
        before = Pool.union(parts)
        before.write(pool_path(uri, split))


def pool_path(uri: str, split: str) -> str:
    """Where a split's pool is."""
    return os.path.join(_folder(uri), split)


def clear(uri: str) -> None:
    """Removes all pools."""
    if tf.io.gfile.exists(_folder(uri)):
        tf.io.gfile.rmtree(_folder(uri))


def _folder(uri: str) -> str:
    return os.path.join(uri, _FOLDER)


def _stems(folder: str) -> Iterator[str]:
    for path in sorted(tf.io.gfile.glob(os.path.join(folder, "*.pairs.arrow"))):
        yield path.removesuffix(".pairs.arrow")
