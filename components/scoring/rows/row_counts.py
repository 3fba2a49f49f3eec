"""About how many rows files have, told without reading them."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pyarrow.parquet as pq

from widedeep.components.ingest.paths import locate
from widedeep.components.ingest.streams.compression import compression_of

# Of a file of text, as long as which the rest of it is taken for.
_SAMPLE_BYTES = 1 << 20


def expected_rows(paths: Sequence[str], file_format: str) -> int | None:
    """The rows of Parquet files, an estimate for text files; None where it can't be told."""
    try:
        if file_format == "parquet":
            return sum(pq.read_metadata(path).num_rows for path in paths if "://" not in path) or None
        if file_format == "tfrecord" or any("://" in path or compression_of(path) for path in paths):
            return None
        return _lines(paths)
    except (OSError, ValueError):
        # Whoever reads the file says what is wrong with it.
        return None


def _lines(paths: Sequence[str]) -> int | None:
    sizes = {path: os.path.getsize(path) for path in paths}
    filesystem, inner = locate(max(paths, key=lambda path: sizes[path]))
    with filesystem.open_input_stream(inner, compression=None) as stream:
        sample = stream.read(_SAMPLE_BYTES)
    lines = sample.count(b"\n")
    return round(sum(sizes.values()) / len(sample) * lines) if lines else None
