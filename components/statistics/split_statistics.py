"""TFDV's statistics of several splits at once.

Each split described by itself would be as many times the stages, which cost more than the rows of a small split; and on
a cluster each stage is tasks to place and workers to start.
"""

from __future__ import annotations

from collections.abc import Mapping

import apache_beam as beam
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0.statistics_pb2 import DatasetFeatureStatistics, DatasetFeatureStatisticsList
from tfx.utils import io_utils

from widedeep.components.common.work_items import WorkItems
from widedeep.components.examples.record_batches import decoded


class DescribeSplits(beam.PTransform):
    """Writes a DatasetFeatureStatisticsList for each of some splits: what tfdv.GenerateStatistics makes of its rows."""

    def __init__(self, files: Mapping[str, list[str]], outputs: Mapping[str, str]) -> None:
        """Takes the gzipped TFRecords of each split, and the path of its statistics."""
        super().__init__()
        self._files, self._outputs = files, outputs

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        """Reads, describes and writes."""
        return (
            pipeline
            | "Files" >> WorkItems([(split, path) for split, files in self._files.items() for path in files])
            # TFDV describes by slice, and a slice is a split here.
            | "Decode" >> beam.FlatMapTuple(lambda split, path: ((split, batch) for batch in decoded(path)))
            | stats_impl.GenerateSlicedStatisticsImpl(is_slicing_enabled=True)
            | "Write" >> beam.Map(_write, dict(self._outputs))
        )


def _write(described: DatasetFeatureStatisticsList, outputs: Mapping[str, str]) -> None:
    by_split = {dataset.name: dataset for dataset in described.datasets}
    for split, path in outputs.items():
        # A split of no rows is no slice: its statistics are of nothing.
        alone = DatasetFeatureStatisticsList(datasets=[by_split.get(split, DatasetFeatureStatistics())])
        alone.datasets[0].ClearField("name")
        io_utils.write_bytes_file(path, alone.SerializeToString())
