"""Transform's work: TFT learns from the split `train`, and all splits go through the graph that follows."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import apache_beam as beam
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import dataset_metadata
from tfx.components.transform import executor_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact, artifact_utils, standard_component_specs
from tfx.utils import io_utils, json_utils

from widedeep.components.common.errors import DataError
from widedeep.components.common.work_items import WorkItems
from widedeep.components.examples.split_files import split_files
from widedeep.components.transform.analysis import Analysis, Span
from widedeep.components.transform.preprocessing import preprocessing_fn
from widedeep.components.transform.transformed_files import Job, TransformFiles

_LEARNED_FROM = "train"


class Executor(base_beam_executor.BaseBeamExecutor):
    """Writes what TFX's Transform writes, without handing rows through Beam one by one."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        """Writes the transform graph, the transformed examples of each span, and what was learned of each for later.

        Raises:
            DataError: the spans have different splits, or one is empty.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        executor_utils.MatchNumberOfTransformedExamplesArtifacts(input_dict, output_dict)
        spans = input_dict[standard_component_specs.EXAMPLES_KEY]
        transformed = output_dict[standard_component_specs.TRANSFORMED_EXAMPLES_KEY]
        splits = _splits(spans)
        for each in transformed:
            each.split_names = artifact_utils.encode_split_names(splits)
        # Before anything is learned, as it says which splits are empty.
        jobs = _jobs(spans, transformed, splits)
        settings = json_utils.loads(exec_properties[standard_component_specs.CUSTOM_CONFIG_KEY])
        schema_uri = artifact_utils.get_single_uri(input_dict[standard_component_specs.SCHEMA_KEY])
        schema = io_utils.SchemaReader().read(io_utils.get_only_uri_in_dir(schema_uri))
        graph = artifact_utils.get_single_uri(output_dict[standard_component_specs.TRANSFORM_GRAPH_KEY])
        temporary = os.path.join(graph, ".temp_path")
        analysis = Analysis(
            partial(preprocessing_fn, custom_config=settings),
            schema,
            _uri(input_dict, standard_component_specs.ANALYZER_CACHE_KEY),
            _uri(output_dict, standard_component_specs.UPDATED_ANALYZER_CACHE_KEY),
        )
        with self._make_beam_pipeline() as pipeline:
            with tft_beam.Context(temp_dir=temporary, use_deep_copy_optimization=True):
                learned = analysis.of(pipeline, [Span(each.uri, split_files(each, _LEARNED_FROM)) for each in spans])
                written = learned | "WriteGraph" >> tft_beam.WriteTransformFn(graph)
            raw = os.path.join(graph, tft.TFTransformOutput.RAW_METADATA_DIR)
            dataset_metadata.DatasetMetadata(schema) | "WriteSchema" >> tft_beam.WriteMetadata(raw, pipeline)
            (
                pipeline
                | "Files" >> WorkItems(jobs)
                | "Transform" >> beam.ParDo(TransformFiles(graph), beam.pvalue.AsSingleton(written))
            )
        io_utils.delete_dir(temporary)


def _splits(spans: list[artifact.Artifact]) -> list[str]:
    """The names of the spans' splits."""
    names: list[list[str]] = [artifact_utils.decode_split_names(span.split_names) for span in spans]
    for span, others in zip(spans, names, strict=True):
        if set(others) != set(names[0]):
            raise DataError(
                f"the spans of the window have different splits: {', '.join(names[0])} in {spans[0].uri}, "
                f"{', '.join(others)} in {span.uri}. Splits can change where a window begins."
            )
    return names[0]


def _jobs(spans: list[artifact.Artifact], transformed: list[artifact.Artifact], splits: list[str]) -> list[Job]:
    jobs = []
    for split in splits:
        for span, target in zip(spans, transformed, strict=True):
            folder = artifact_utils.get_split_uri([target], split)
            tf.io.gfile.makedirs(folder)
            files = split_files(span, split)
            for number, path in enumerate(files):
                name = f"transformed_examples-{number:05d}-of-{len(files):05d}.gz"
                jobs.append(Job(path, os.path.join(folder, name)))
    return jobs


def _uri(artifacts: dict[str, Any], key: str) -> str | None:
    return artifact_utils.get_single_uri(artifacts[key]) if artifacts.get(key) else None
