"""Raw tf.Examples as record batches, read by file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import apache_beam as beam
import pyarrow as pa
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.coders import example_coder

from widedeep.components.common.work_items import WorkItems
from widedeep.components.examples.record_files import records

# Rows that are decoded, analysed or transformed at a time.
BATCH_ROWS = 4096


def batches(path: str) -> tf.data.Dataset:
    """Batches of the serialized tf.Examples of a gzipped TFRecord, string [rows]."""
    return records(path).batch(BATCH_ROWS)


def decoded(path: str, schema: bytes | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of a gzipped TFRecord.

    Args:
        path: of it.
        schema: a serialized one of the rows; None takes each batch's columns and their types as its rows have them.
    """
    decoder = example_coder.ExamplesToRecordBatchDecoder(schema)
    for serialized in batches(path).prefetch(1).as_numpy_iterator():
        yield decoder.DecodeBatch(serialized.tolist())


class ReadBatches(beam.PTransform):
    """The rows of some files, as record batches."""

    def __init__(
        self,
        files: Sequence[str],
        schema: schema_pb2.Schema | None = None,
        columns: Sequence[str] | None = None,
    ) -> None:
        """Says what to read.

        Args:
            files: gzipped TFRecords.
            schema: of the rows; None takes each batch's columns and their types as its rows have them.
            columns: those to read, in this order; None reads all.
        """
        super().__init__()
        self._files, self._columns = list(files), None if columns is None else list(columns)
        self._schema = None if schema is None else schema.SerializeToString()

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        """Reads the files."""
        return (
            pipeline
            | "Files" >> WorkItems(self._files)
            | "Decode" >> beam.ParDo(_Decode(self._schema, self._columns)).with_output_types(pa.RecordBatch)
        )


class _Decode(beam.DoFn):
    def __init__(self, schema: bytes | None, columns: Sequence[str] | None) -> None:
        super().__init__()
        self._schema, self._columns = schema, columns

    def process(self, path: str) -> Iterator[pa.RecordBatch]:
        for batch in decoded(path, self._schema):
            yield batch if self._columns is None else batch.select(self._columns)
