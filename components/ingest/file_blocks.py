"""A raw file's wanted columns, block by block, in the types that its format gives."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace

import pyarrow as pa

from widedeep.components.common.errors import DataError, reason
from widedeep.components.ingest.csv_files import header as csv_header
from widedeep.components.ingest.csv_files import hints
from widedeep.components.ingest.csv_files import reader as csv_reader
from widedeep.components.ingest.csv_files.dialect import TAB
from widedeep.components.ingest.csv_files.written_numbers import plain_numbers
from widedeep.components.ingest.json_files import reader as json_reader
from widedeep.components.ingest.parquet_files import reader as parquet_reader
from widedeep.components.ingest.sql import query_rows
from widedeep.components.ingest.streams.compression import MAGIC_BYTES, compression_by, open_stream
from widedeep.components.ingest.wanted_columns import BATCH_ROWS, WantedColumns

# TFRecords that ExampleGen wrote: what they hold is named by the features' keys.
EXAMPLES = "examples"
SQL = "sql"
_BUFFER_BYTES = 1 << 20


def blocks(file_format: str, columns: WantedColumns) -> Generator[pa.RecordBatch, None, None]:
    """Yields a file's rows, block by block, with the wanted columns in the types that the format gives.

    Raises:
        DataError: the file can't be read, or a column is missing.
    """
    try:
        yield from _RAW[file_format](columns)
    except OSError as error:  # Arrow's errors of files and of compression are such
        raise DataError(f"{columns.path}: can't be read: {reason(error)}. Is the file whole?") from None


def _csv(columns: WantedColumns) -> Iterator[pa.RecordBatch]:
    path, dialect = columns.path, columns.dialect
    names = csv_header.header(path, dialect)
    needed = [name for name in columns.needed if name not in columns.in_folders]
    if not set(needed) <= set(names):
        form = hints.other_form(csv_header.first_line(path, dialect), names, needed, dialect)
        if form:
            raise DataError(f"{path}: {form}")
    for batch in csv_reader.read(path, columns.of(names), dialect, columns.broken):
        yield plain_numbers(batch, set(columns.numbers), dialect)


def _tsv(columns: WantedColumns) -> Iterator[pa.RecordBatch]:
    return _csv(replace(columns, dialect=columns.dialect.model_copy(update={"delimiter": TAB})))


def _tfrecord(columns: WantedColumns) -> Iterator[pa.RecordBatch]:
    # Only here, since reading the other formats needs no TensorFlow.
    import tensorflow as tf
    from tfx_bsl.coders import example_coder

    from widedeep.components.examples.record_files import UNTUNED

    decoder = example_coder.ExamplesToRecordBatchDecoder()
    row = 0
    try:
        # Through TensorFlow, whose file systems are those that TFRecords may lie in.
        with tf.io.gfile.GFile(columns.path, "rb") as file:
            packed = compression_by(file.read(MAGIC_BYTES))
        if packed not in (None, "gzip"):
            raise DataError(f"{columns.path}: is packed by {packed}, and TFRecords may be by gzip: unpack the file.")
        records = tf.data.TFRecordDataset(columns.path, "GZIP" if packed else "").with_options(UNTUNED)
        for serialized in records.batch(BATCH_ROWS).as_numpy_iterator():
            batch = decoder.DecodeBatch(list(serialized))
            columns.undeclared.update(set(batch.schema.names) - set(columns.needed))
            for name in columns.needed:
                # In tf.Examples a feature that no row of a batch has leaves no trace, which is no fault of the batch.
                if name not in batch.schema.names and name not in columns.in_folders:
                    batch = batch.append_column(name, pa.nulls(batch.num_rows))
            row += batch.num_rows
            yield batch.select([name for name in columns.needed if name in batch.schema.names])
    except (tf.errors.OpError, RuntimeError) as error:
        message = error.message if isinstance(error, tf.errors.OpError) else str(error)
        where = f"{columns.path}, from row {row + 1} on"
        raise DataError(f"{where}: is not readable as TFRecord of tf.Examples: {reason(message)}.") from None
    if packed:
        _check_whole(columns.path)


def _check_whole(path: str) -> None:
    """TensorFlow takes a gzip file that is cut between two records for a whole one; Arrow's reader raises OSError."""
    with open_stream(path) as stream:
        while stream.read(_BUFFER_BYTES):
            pass


_RAW = {
    "csv": _csv,
    "tsv": _tsv,
    "jsonl": json_reader.read,
    "parquet": parquet_reader.read,
    SQL: query_rows.read,
    "tfrecord": _tfrecord,
    EXAMPLES: _tfrecord,
}
