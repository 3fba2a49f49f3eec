"""Raw tf.Examples as the record batches that TFT analyses, read by file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import apache_beam as beam
import pyarrow as pa
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.coders import example_coder
from tfx_bsl.tfxio import tensor_adapter, tf_example_record

# Rows that are decoded, analysed or transformed at a time.
BATCH_ROWS = 4096


def records(path: str) -> tf.data.Dataset:
    """Batches of the serialized tf.Examples of a gzipped TFRecord, string [rows]."""
    return tf.data.TFRecordDataset(path, "GZIP").batch(BATCH_ROWS)


def adapter_config(schema: schema_pb2.Schema) -> tensor_adapter.TensorAdapterConfig:
    """How TFT makes tensors of record batches of the schema's columns.

    All of them, so that none can be missed: TFT would find those that something is learned from by tracing the
    preprocessing function once more.
    """
    return tf_example_record.TFExampleBeamRecord("tfrecords_gzip", ["Transform"], schema).TensorAdapterConfig()


class ReadBatches(beam.PTransform):
    """The rows of some files, as record batches.

    A work item is a file: rows that travel through Beam one by one cost more than what is done with them.
    """

    def __init__(
        self, files: Sequence[str], schema: schema_pb2.Schema, config: tensor_adapter.TensorAdapterConfig
    ) -> None:
        """Takes gzipped TFRecords, and `adapter_config` of their schema."""
        super().__init__()
        self._files, self._columns = list(files), list(config.arrow_schema.names)
        self._schema = schema.SerializeToString()

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        """Reads the files."""
        return (
            pipeline
            | "Files" >> beam.Create(self._files)
            | "Spread" >> beam.Reshuffle()
            | "Decode" >> beam.ParDo(_Decode(self._schema, self._columns)).with_output_types(pa.RecordBatch)
        )


class _Decode(beam.DoFn):
    def __init__(self, schema: bytes, columns: Sequence[str]) -> None:
        super().__init__()
        self._schema, self._columns = schema, columns

    def process(self, path: str) -> Iterator[pa.RecordBatch]:
        decoder = example_coder.ExamplesToRecordBatchDecoder(self._schema)
        for serialized in records(path).prefetch(1).as_numpy_iterator():
            yield decoder.DecodeBatch(serialized.tolist()).select(self._columns)
