"""Streams one raw file as Arrow batches of checked list columns, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.fs
import pyarrow.parquet

from components.errors import DataError
from components.features.spec import FeatureSpec
from components.features.strict import nearest
from components.ingest.columns import BadValueError, column_kinds, to_lists

FORMATS = ("csv", "parquet", "tfrecord")
_BATCH_ROWS = 8192
# A CSV block must hold a whole row; a longer row is a broken file.
_BLOCK_BYTES = 16 << 20


def read(path: str, file_format: str, spec: FeatureSpec) -> Iterator[pa.RecordBatch]:
    """Yields batches with one list column a declared column, in the declaration's order.

    Columns may stand in any order in the file, and others are ignored.

    Raises:
        DataError: names the file, the row (counted from 1, a CSV's header not counted), the column, the value
            and what is needed.
    """
    kinds = column_kinds(spec)
    separators = {feature.key: feature.separator for feature in spec.features}
    row = 0
    for batch in _RAW[file_format](path, list(kinds)):
        arrays = []
        for name, kind in kinds.items():
            try:
                arrays.append(to_lists(batch.column(name), kind, separators.get(name, "|")))
            except BadValueError as error:
                where = f"{path}, row {row + error.index + 1}, column '{name}'"
                raise DataError(f"{where}: {_shown(error.value)} is not {error.needed}.") from None
            except DataError as error:
                raise DataError(f"{path}: column '{name}' {error}.") from None
        row += batch.num_rows
        yield pa.RecordBatch.from_arrays(arrays, names=list(kinds))
    if row == 0:
        raise DataError(f"{path}: the file has no rows. Remove it, or point data.path elsewhere.")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:60]}... ({len(text):,} characters)"


def _check_columns(path: str, found: list[str], needed: list[str]) -> None:
    for name in needed:
        if name not in found:
            extra = sorted(set(found) - set(needed))
            raise DataError(
                f"{path}: there is no column '{name}', which features.yaml declares; "
                f"{nearest(name, extra) if extra else 'all other columns are there'}"
            )
        if found.count(name) > 1:
            raise DataError(f"{path}: the column '{name}' stands {found.count(name)} times in the header.")


def _csv(path: str, needed: list[str]) -> Iterator[pa.RecordBatch]:
    filesystem, inner = pyarrow.fs.FileSystem.from_uri(path) if "://" in path else (pyarrow.fs.LocalFileSystem(), path)
    with filesystem.open_input_stream(inner) as stream:
        try:
            reader = pyarrow.csv.open_csv(
                stream,
                read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES),
                parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
                convert_options=pyarrow.csv.ConvertOptions(
                    # Bytes, whose UTF-8 is checked later, where the row is known. A column that the file lacks
                    # would be filled with nulls here; the header is checked below.
                    column_types=dict.fromkeys(needed, pa.binary()),
                    null_values=[""],
                    strings_can_be_null=True,
                    check_utf8=False,
                ),
            )
            _check_columns(path, reader.schema.names, needed)
            for batch in reader:
                yield batch.select(needed)
        except pa.ArrowInvalid as error:
            if "Empty CSV file" in str(error):
                raise DataError(f"{path}: the file is empty; a header and rows are needed.") from None
            raise DataError(f"{path}: is not readable as CSV: {_plain(error)}") from None


def _plain(error: Exception) -> str:
    text = str(error)
    return text if len(text) <= 300 else f"{text[:300]}... ({len(text):,} characters)"


def _parquet(path: str, needed: list[str]) -> Iterator[pa.RecordBatch]:
    filesystem, inner = pyarrow.fs.FileSystem.from_uri(path) if "://" in path else (pyarrow.fs.LocalFileSystem(), path)
    try:
        with filesystem.open_input_file(inner) as source:
            file = pyarrow.parquet.ParquetFile(source)
            _check_columns(path, file.schema_arrow.names, needed)
            yield from file.iter_batches(batch_size=_BATCH_ROWS, columns=needed)
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: is not readable as Parquet: {_plain(error)}") from None


def _tfrecord(path: str, needed: list[str]) -> Iterator[pa.RecordBatch]:
    import tensorflow as tf
    from tfx_bsl.coders import example_coder

    decoder = example_coder.ExamplesToRecordBatchDecoder()
    compression = "GZIP" if path.endswith(".gz") else ""
    records = tf.data.TFRecordDataset(path, compression).batch(_BATCH_ROWS).as_numpy_iterator()
    try:
        for serialized in records:
            batch = decoder.DecodeBatch(list(serialized))
            for name in needed:
                # In tf.Examples a feature that no row of a batch has leaves no trace, which is no fault.
                if name not in batch.schema.names:
                    batch = batch.append_column(name, pa.nulls(batch.num_rows))
            yield batch.select(needed)
    except (tf.errors.DataLossError, ValueError) as error:
        raise DataError(f"{path}: is not readable as TFRecord of tf.Examples: {_plain(error)}") from None


_RAW = {"csv": _csv, "parquet": _parquet, "tfrecord": _tfrecord}
