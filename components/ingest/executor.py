"""ExampleGen's work: each raw file is read, checked and written as TFRecord shards by one Beam worker."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import tensorflow as tf
from google.protobuf import struct_pb2
from tfx.components.example_gen import utils
from tfx.dsl.components.base import base_beam_executor
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import proto_utils

from widedeep.components import features
from widedeep.components.common.errors import DataError, unwrap
from widedeep.components.ingest import number_files, raw_files
from widedeep.components.ingest.example_shards import Shards, encode, split_of
from widedeep.components.ingest.number_profile import NumberProfile
from widedeep.components.ingest.paths import matching_files


class Executor(base_beam_executor.BaseBeamExecutor):
    """Writes every split as gzipped TFRecords of tf.Examples.

    Rows never travel through Beam one by one: a work item is a whole input file, which a worker streams from
    the reader's Arrow batches to its shards. Many files spread over many workers.
    """

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        """Reads the files that the splits' patterns match.

        Raises:
            ConfigError: a pattern matches no file.
            DataError: a file can't be used, a split is left without rows, or 32 bits can't hold a column's numbers.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        input_config = example_gen_pb2.Input()
        proto_utils.json_to_proto(exec_properties[standard_component_specs.INPUT_CONFIG_KEY], input_config)
        output_config = example_gen_pb2.Output()
        proto_utils.json_to_proto(exec_properties[standard_component_specs.OUTPUT_CONFIG_KEY], output_config)
        custom_config = example_gen_pb2.CustomConfig()
        proto_utils.json_to_proto(exec_properties[standard_component_specs.CUSTOM_CONFIG_KEY], custom_config)
        options = struct_pb2.Struct()
        custom_config.custom_config.Unpack(options)

        [artifact] = output_dict[standard_component_specs.EXAMPLES_KEY]
        splits = utils.generate_output_split_names(input_config, output_config)
        artifact.split_names = artifact_utils.encode_split_names(splits)
        uris = [artifact_utils.get_split_uri([artifact], split) for split in splits]
        for uri in uris:
            tf.io.gfile.makedirs(uri)
        jobs = list(_jobs(exec_properties[standard_component_specs.INPUT_BASE_KEY], input_config, output_config, uris))
        try:
            with self._make_beam_pipeline() as pipeline:
                (
                    pipeline
                    | "Files" >> beam.Create(jobs)
                    | "Spread" >> beam.Reshuffle()
                    | "Convert"
                    >> beam.ParDo(_Convert(str(options["features"]), str(options["format"]), bool(options["labelled"])))
                )
        except Exception as error:
            raise unwrap(error) from error
        # What was asked of a server is compared, and not learned from: a few minutes of it do no harm.
        if options["labelled"]:
            number_files.check(artifact.uri, features.from_json(str(options["features"])))
        for split, uri in zip(splits, uris, strict=True):
            if not tf.io.gfile.glob(os.path.join(uri, "*")):
                raise DataError(
                    f"the split '{split}' is empty: no row fell into it. There are too few different rows for "
                    f"data.hash_split; give '{split}' a larger share, or name files in data.splits."
                )


Job = tuple[int, str, list[str], list[int]]


def _jobs(
    base: str, input_config: example_gen_pb2.Input, output_config: example_gen_pb2.Output, uris: list[str]
) -> Iterator[Job]:
    """(number, file, the splits' folders it may write to, the upper hash bucket of each), one a file."""
    buckets = list(itertools.accumulate(split.hash_buckets for split in output_config.split_config.splits))
    number = itertools.count()
    for index, split in enumerate(input_config.splits):
        for path in matching_files(os.path.join(base, split.pattern)):
            yield next(number), path, (uris if buckets else [uris[index]]), (buckets or [1])


class _Convert(beam.DoFn):
    def __init__(self, spec: str, file_format: str, labelled: bool) -> None:
        super().__init__()
        self._spec, self._format, self._labelled = spec, file_format, labelled

    def process(self, job: Job) -> None:
        number, path, uris, buckets = job
        spec = features.from_json(self._spec)
        shards = [Shards(uri, number) for uri in uris]
        profile = NumberProfile(spec) if self._labelled else None
        try:
            for batch in raw_files.read(path, self._format, spec, self._labelled, profile):
                for example in encode(batch):
                    shards[split_of(example, buckets)].write(example)
            if profile:
                number_files.write(uris, number, path, profile)
        finally:
            for shard in shards:
                shard.close()
