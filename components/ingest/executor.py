"""ExampleGen's work: each raw file is read, checked and written as TFRecord shards by one Beam worker."""

from __future__ import annotations

import os
from typing import Any

import apache_beam as beam
import tensorflow as tf
from tfx.components.example_gen import utils
from tfx.dsl.components.base import base_beam_executor
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import proto_utils

from widedeep.components.common.errors import unwrap
from widedeep.components.common.work_items import WorkItems
from widedeep.components.content.content_record import CONTENT, Content
from widedeep.components.ingest.conversion.file_conversion import Convert
from widedeep.components.ingest.conversion.row_format import ROW_FORMAT, RowFormat
from widedeep.components.ingest.conversion.union import Union, write_content
from widedeep.components.ingest.csv_files.header import NO_ROWS
from widedeep.components.ingest.file_blocks import SQL
from widedeep.components.ingest.ingest_options import told_options
from widedeep.components.ingest.negatives.pool_files import Gather, clear, put_together
from widedeep.components.ingest.numbers import number_files
from widedeep.components.ingest.presence import check_drawn, check_positives, check_presence, check_rows
from widedeep.components.ingest.raw_files import NO_RESULT
from widedeep.components.ingest.splitting.fingerprints import digests_in
from widedeep.components.ingest.splitting.split_files import jobs, query_jobs


class Executor(base_beam_executor.BaseBeamExecutor):
    """Writes every split as gzipped TFRecords of tf.Examples, and beside them what they hold.

    Rows never travel through Beam one by one: a work item is a whole input file, which a worker streams from
    the reader's Arrow batches to its shards. Many files spread over many workers.
    """

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        """Reads the files that the splits' patterns match.

        Raises:
            ConfigError: a pattern matches no file, or a file is in two splits.
            DataError: a file can't be used, a split is left without rows, a feature is nowhere in one, or 32 bits can't
                hold a column's numbers.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        input_config = example_gen_pb2.Input()
        proto_utils.json_to_proto(exec_properties[standard_component_specs.INPUT_CONFIG_KEY], input_config)
        output_config = example_gen_pb2.Output()
        proto_utils.json_to_proto(exec_properties[standard_component_specs.OUTPUT_CONFIG_KEY], output_config)
        options = told_options(exec_properties)

        [artifact] = output_dict[standard_component_specs.EXAMPLES_KEY]
        splits = utils.generate_output_split_names(input_config, output_config)
        artifact.split_names = artifact_utils.encode_split_names(splits)
        folders = {split: artifact_utils.get_split_uri([artifact], split) for split in splits}
        for folder in folders.values():
            tf.io.gfile.makedirs(folder)
        if options.format == SQL:
            digests = digests_in(exec_properties.get(utils.FINGERPRINT_PROPERTY_NAME, ""))
            work = query_jobs(options.connection, digests, input_config, output_config, folders)
        else:
            work = jobs(exec_properties[standard_component_specs.INPUT_BASE_KEY], input_config, output_config, folders)
        spread, by_time = bool(output_config.split_config.splits), options.split_by_time is not None
        record = os.path.join(artifact.uri, CONTENT)
        told = options.model_dump_json()
        try:
            if options.negatives:
                with self._make_beam_pipeline() as pipeline:
                    pipeline | "Files" >> WorkItems(work) | beam.ParDo(Gather(told, artifact.uri))
                put_together(artifact.uri, splits)
            with self._make_beam_pipeline() as pipeline:
                (
                    pipeline
                    | "Files" >> WorkItems(work)
                    | "Convert" >> beam.ParDo(Convert(told, artifact.uri))
                    # A file, of which there is one at least, gives a sketch: a default would be measured by Beam.
                    | "All" >> beam.CombineGlobally(Union()).without_defaults()
                    | "Record" >> beam.Map(write_content, record, splits, spread and not by_time, spread and by_time)
                )
        except Exception as error:
            raise unwrap(error) from error
        finally:
            clear(artifact.uri)
        # What was asked of a server is compared, and not learned from: a few minutes of it do no harm.
        if options.labelled:
            number_files.check(artifact.uri, options.spec)
        RowFormat.of(options.format, options.dialect).write(os.path.join(artifact.uri, ROW_FORMAT))
        content = Content.read(record)
        check_rows(content, splits, NO_RESULT if options.format == SQL else NO_ROWS)
        if options.labelled:
            check_positives(content, options.spec.label)
        check_drawn(content)
        if options.format in ("tfrecord", "jsonl"):
            check_presence(content, options.spec, options.labelled)
