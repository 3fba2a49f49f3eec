"""StatisticsGen's work: TFDV's statistics of all splits."""

from __future__ import annotations

import os
from typing import Any

from tfx.components.statistics_gen import executor as tfx_statistics
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils, standard_component_specs

from widedeep.components.examples.split_files import split_files
from widedeep.components.statistics.split_statistics import DescribeSplits


class Executor(base_beam_executor.BaseBeamExecutor):
    """Writes where TFX's StatisticsGen does: a file a split."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        """Writes a DatasetFeatureStatisticsList for each split of the examples.

        Raises:
            DataError: a split is empty.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        examples = artifact_utils.get_single_instance(input_dict[standard_component_specs.EXAMPLES_KEY])
        statistics = artifact_utils.get_single_instance(output_dict[standard_component_specs.STATISTICS_KEY])
        statistics.split_names, statistics.span = examples.split_names, examples.span
        splits = artifact_utils.decode_split_names(examples.split_names)
        outputs = {
            split: os.path.join(artifact_utils.get_split_uri([statistics], split), tfx_statistics.DEFAULT_FILE_NAME)
            for split in splits
        }
        with self._make_beam_pipeline() as pipeline:
            _ = pipeline | DescribeSplits({split: split_files(examples, split) for split in splits}, outputs)
