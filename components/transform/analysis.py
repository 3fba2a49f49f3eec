"""What TFT learns from raw rows: vocabularies, quantiles, means and variances."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Container, Sequence
from typing import Any, NamedTuple

import apache_beam as beam
import tensorflow_transform.beam as tft_beam
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform.beam import analysis_graph_builder, analyzer_cache
from tfx.dsl.io import fileio
from tfx.utils import io_utils
from tfx_bsl.tfxio import tensor_adapter, tf_example_record

from widedeep.components.examples.record_batches import ReadBatches


class Span(NamedTuple):
    """Rows to learn from: gzipped TFRecords, and a name by which they are known again."""

    name: str
    files: Sequence[str]


class Analysis:
    """TFT's analysis, of one span or of a window that moves over many."""

    def __init__(
        self,
        preprocessing_fn: Callable[..., Any],
        schema: schema_pb2.Schema,
        known: str | None,
        kept: str | None,
    ) -> None:
        """Says what to learn.

        Args:
            preprocessing_fn: TFT's.
            schema: of the raw rows.
            known: folder of what was learned of spans before, None where there is nothing.
            kept: folder for what is learned of each span, for later; None where nothing is kept.
        """
        self._preprocessing_fn, self._schema, self._known, self._kept = preprocessing_fn, schema, known, kept
        self._config = _adapter_config(schema)

    def of(self, pipeline: beam.Pipeline, spans: Sequence[Span]) -> Any:
        """The transform function, as TFT's WriteTransformFn takes it."""
        if self._kept is None:
            [span] = spans
            rows = pipeline | "Read" >> self._read(span)
            return (rows, self._config) | "Analyse" >> tft_beam.AnalyzeDataset(self._preprocessing_fn)
        keys = {_key(span): span for span in spans}
        known = self._known_of(pipeline, list(keys))
        needed = self._needed(list(keys), known) if known else keys
        rows = {
            key: pipeline | f"Read[{number}]" >> self._read(span) if key in needed else None
            for number, (key, span) in enumerate(keys.items())
        }
        analyse = tft_beam.AnalyzeDatasetWithCache(self._preprocessing_fn, pipeline=pipeline)
        learned, cache = (rows, known, self._config) | "Analyse" >> analyse
        self._keep(pipeline, list(keys), cache)
        return learned

    def _read(self, span: Span) -> ReadBatches:
        return ReadBatches(span.files, self._schema, self._config.arrow_schema.names)

    def _known_of(self, pipeline: beam.Pipeline, keys: list[Any]) -> Any:
        # All of it: to ask TFT what of it is of use would trace the preprocessing function once more.
        if self._known is None:
            return {}
        return pipeline | "ReadKnown" >> analyzer_cache.ReadAnalysisCacheFromFS(self._known, keys)

    def _needed(self, keys: list[Any], known: Any) -> Container[Any]:
        """The spans of which not all is known."""
        types = tensor_adapter.TensorAdapter(self._config).OriginalTypeSpecs()
        needed: Container[Any] = analysis_graph_builder.get_analysis_dataset_keys(
            self._preprocessing_fn, types, keys, known, False
        )
        return needed

    def _keep(self, pipeline: beam.Pipeline, keys: list[Any], cache: Any) -> None:
        assert self._kept is not None
        fileio.makedirs(self._kept)
        for key in keys:
            known = os.path.join(self._known, key.key) if self._known else None
            if known and fileio.isdir(known):
                io_utils.copy_dir(known, os.path.join(self._kept, key.key))
        if cache:
            writing = analyzer_cache.WriteAnalysisCacheToFS(pipeline, self._kept, dataset_keys=keys)
            cache | "Keep" >> writing


def _adapter_config(schema: schema_pb2.Schema) -> tensor_adapter.TensorAdapterConfig:
    """How TFT makes tensors of record batches of the schema's columns.

    All of them, so that none can be missed: TFT would find those that something is learned from by tracing the
    preprocessing function once more.
    """
    return tf_example_record.TFExampleBeamRecord("tfrecords_gzip", ["Transform"], schema).TensorAdapterConfig()


def _key(span: Span) -> Any:
    return analyzer_cache.DatasetKey(hashlib.sha256(span.name.encode()).hexdigest())
