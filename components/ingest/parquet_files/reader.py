"""The wanted columns of a Parquet file, block by block."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet

from widedeep.components.common.errors import DataError, reason
from widedeep.components.ingest.parquet_files.barred import barred
from widedeep.components.ingest.paths import locate
from widedeep.components.ingest.streams.compression import compression_of
from widedeep.components.ingest.wanted_columns import BATCH_ROWS, WantedColumns

_BUFFER_BYTES = 1 << 20


def read(columns: WantedColumns) -> Iterator[pa.RecordBatch]:
    """Yields them. Raises DataError where the file can't be read, lacks a column or bars one."""
    filesystem, inner = locate(columns.path)
    if filesystem.get_file_info(inner).size == 0:
        return
    if packed := compression_of(columns.path):
        raise DataError(
            f"{columns.path}: is packed by {packed}, and Parquet packs its columns itself: unpack the file."
        )
    try:
        with filesystem.open_input_file(inner) as source:
            file = pyarrow.parquet.ParquetFile(source, buffer_size=_BUFFER_BYTES)
            needed = columns.of(file.schema_arrow.names, barred(file.schema_arrow, columns.path))
            for groups in _together(file, needed):
                yield from file.iter_batches(batch_size=BATCH_ROWS, columns=needed, row_groups=groups)
    except pa.ArrowInvalid as error:
        fault = f"is not readable as Parquet: {reason(error)}. Is data.format right?"
        raise DataError(f"{columns.path}: {fault}") from None


def _together(file: pyarrow.parquet.ParquetFile, needed: list[str]) -> list[list[int]]:
    """Row groups that are read in one go: one by one, where lists hold dictionaries, which Arrow can't join."""
    groups = list(range(file.num_row_groups))
    kinds = [file.schema_arrow.field(name).type for name in needed]
    nested = any(pa.types.is_nested(kind) and pa.types.is_dictionary(kind.field(0).type) for kind in kinds)
    return [[group] for group in groups] if nested else [groups]
