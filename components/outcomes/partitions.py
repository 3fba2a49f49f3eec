"""Requests in partitions, each small enough to be joined in memory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from widedeep.components.content.hash_sample import hashes_of

# Rows of a partition, roughly, which take some hundred MB.
_ROWS = 250_000
# A process may have 1,024 files open on many machines, and has one of each partition: from 128 million rows on they are
# larger.
_MOST = 512


def partitions_of(rows: int) -> int:
    """How many partitions so many impressions have."""
    return min(max(1, -(-rows // _ROWS)), _MOST)


def spread(tables: Iterable[pa.Table], request: str, folder: Path, name: str, partitions: int) -> None:
    """Writes the rows of some tables to their requests' partitions.

    Args:
        tables: of rows of one kind.
        request: the column of the request's id.
        folder: of the kind; it gets a folder a partition, by its number.
        name: of the files.
        partitions: how many.
    """
    writers: dict[int, pq.ParquetWriter] = {}
    try:
        for table in tables:
            places = _places(table[request], partitions)
            for place in np.unique(places).tolist():
                if place not in writers:
                    path = folder / str(place) / f"{name}.parquet"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    writers[place] = pq.ParquetWriter(path, table.schema)
                writers[place].write_table(table.filter(pa.array(places == place)))
    finally:
        for writer in writers.values():
            writer.close()


def _places(requests: pa.ChunkedArray, partitions: int) -> NDArray[np.int64]:
    different = requests.combine_chunks().dictionary_encode()
    hashes = hashes_of([value.encode() for value in different.dictionary.to_pylist()])
    places: NDArray[np.int64] = (hashes % partitions)[different.indices.to_numpy()]
    return places
