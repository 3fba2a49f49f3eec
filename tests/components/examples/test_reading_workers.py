"""Which processes read the files of a step, where there are several. (On Prism each job has one.)"""

from __future__ import annotations

import os
from pathlib import Path

import apache_beam as beam
import tensorflow as tf
from apache_beam.options.pipeline_options import PipelineOptions

from widedeep.components.examples.record_batches import ReadBatches

FILES = 6
WORKERS = 2


def test_each_worker_reads_some_of_the_files(tmp_path: Path) -> None:
    """Of the engine that runs large inputs on one machine, with its real processes."""
    for number in range(FILES):
        example = tf.train.Example()
        example.features.feature["n"].int64_list.value.append(number)
        with tf.io.TFRecordWriter(str(tmp_path / f"{number}.gz"), "GZIP") as writer:
            writer.write(example.SerializeToString())
    options = [
        "--runner=widedeep.components.common.process.direct_engine.DirectEngine",
        "--direct_running_mode=multi_processing",
        f"--direct_num_workers={WORKERS}",
    ]
    read = tmp_path / "read"
    with beam.Pipeline(options=PipelineOptions(options)) as pipeline:
        (
            pipeline
            | ReadBatches([str(tmp_path / f"{number}.gz") for number in range(FILES)])
            # Where a batch is read it goes on: the two are one stage.
            | beam.Map(lambda batch: f"{os.getpid()} {batch.to_pylist()[0]['n'][0]}")
            | beam.io.WriteToText(str(read), shard_name_template="")
        )
    by_file = {int(number): process for process, number in map(str.split, read.read_text().splitlines())}
    assert by_file.keys() == set(range(FILES))
    assert len(set(by_file.values()) - {str(os.getpid())}) == WORKERS
