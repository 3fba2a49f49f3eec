"""Raw tf.Examples through Transform's graph into transformed ones, file by file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import apache_beam as beam
import tensorflow as tf
import tensorflow_transform as tft
from apache_beam.utils.shared import Shared
from tfx_bsl.coders import example_coder
from tfx_bsl.tfxio import tensor_to_arrow

from widedeep.components.examples.record_batches import batches
from widedeep.components.examples.record_files import COMPRESSION


class Job(NamedTuple):
    """A file of raw examples, and the one of transformed examples that it becomes; gzipped TFRecords."""

    path: str
    output: str


class TransformFiles(beam.DoFn):
    """Writes the transformed examples of whole files, in the order of the raw ones."""

    def __init__(self, graph: str) -> None:
        """Takes the folder of Transform's output."""
        super().__init__()
        self._graph, self._shared = graph, Shared()

    def process(self, job: Job, graph_is_written: object) -> None:  # noqa: ARG002
        """Writes one file, anew where a try before has left one."""
        model = self._shared.acquire(lambda: _Graph(self._graph))
        with tf.io.TFRecordWriter(job.output, COMPRESSION) as writer:
            for batch in model.transformed(job.path):
                for example in batch:
                    writer.write(example)


class _Graph:
    """Transform's graph, loaded to be applied to files."""

    def __init__(self, path: str) -> None:
        output = tft.TFTransformOutput(path)
        parsing = output.raw_feature_spec()
        # Loaded, it owns the vocabularies' tables.
        self._loaded = tf.saved_model.load(output.transform_savedmodel_dir)
        # Traced once, whatever the number of files; there is no Python control flow to convert.
        self._apply = tf.function(
            lambda serialized: self._loaded.transform_fn(tf.io.parse_example(serialized, parsing)),
            input_signature=[tf.TensorSpec([None], tf.string)],
            autograph=False,
        )
        specs = {key: _tensor_spec(feature) for key, feature in output.transformed_feature_spec().items()}
        self._converter = tensor_to_arrow.TensorsToRecordBatchConverter(specs)
        self._encoder = example_coder.RecordBatchToExamplesEncoder(output.transformed_metadata.schema)

    def transformed(self, path: str) -> Iterator[Sequence[bytes]]:
        """Transformed examples of a file, serialized, batch by batch."""
        with ThreadPoolExecutor(1) as ahead:
            transforming: Future[dict[str, tf.Tensor]] | None = None
            # A batch goes through the graph while the one before is encoded.
            for serialized in itertools.chain(batches(path).prefetch(1), [None]):
                following = None if serialized is None else ahead.submit(self._apply, serialized)
                if transforming is not None:
                    yield self._encoder.encode(self._converter.convert(transforming.result()))
                transforming = following


def _tensor_spec(feature: tf.io.FixedLenFeature | tf.io.VarLenFeature) -> tf.TypeSpec:
    if isinstance(feature, tf.io.VarLenFeature):
        return tf.SparseTensorSpec([None, None], feature.dtype)
    return tf.TensorSpec([None, *feature.shape], feature.dtype)
