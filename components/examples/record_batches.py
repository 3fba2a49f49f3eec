"""Raw tf.Examples as record batches, read by file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import apache_beam as beam
import pyarrow as pa
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.coders import example_coder

# Rows that are decoded, analysed or transformed at a time.
BATCH_ROWS = 4096


def records(path: str) -> tf.data.Dataset:
    """Batches of the serialized tf.Examples of a gzipped TFRecord, string [rows]."""
    return tf.data.TFRecordDataset(path, "GZIP").batch(BATCH_ROWS)


class ReadBatches(beam.PTransform):
    """The rows of some files, as record batches.

    A work item is a file: rows that travel through Beam one by one cost more than what is done with them. Files are
    spread over the workers; without that, a cluster's runner may leave a split's whole reading to one of them.
    """

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
            | "Files" >> beam.Create(self._files)
            | "Spread" >> beam.Reshuffle()
            | "Decode" >> beam.ParDo(_Decode(self._schema, self._columns)).with_output_types(pa.RecordBatch)
        )


class _Decode(beam.DoFn):
    def __init__(self, schema: bytes | None, columns: Sequence[str] | None) -> None:
        super().__init__()
        self._schema, self._columns = schema, columns

    def process(self, path: str) -> Iterator[pa.RecordBatch]:
        decoder = example_coder.ExamplesToRecordBatchDecoder(self._schema)
        for serialized in records(path).prefetch(1).as_numpy_iterator():
            batch = decoder.DecodeBatch(serialized.tolist())
            yield batch if self._columns is None else batch.select(self._columns)
