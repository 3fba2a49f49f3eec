"""TFX's Tuner, with a table of all trials, and a search that carries on where a killed one stopped."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

import tensorflow as tf
from tfx.components.tuner import executor as tfx_tuner
from tfx.types import artifact_utils, standard_component_specs

from widedeep.components.tuner.trials import FILE


class Executor(tfx_tuner.Executor):
    """Searches, and writes the best hyperparameters, TFX's results and the table of trials."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        """Runs the search of `tuner_fn`.

        Raises:
            DataError: no trial ended well.
            Exception: what a trial raised otherwise.
        """
        results = artifact_utils.get_single_uri(output_dict[standard_component_specs.TUNER_RESULTS_KEY])
        folder = _search_folder(results, input_dict, exec_properties)
        tuner = tfx_tuner.search(input_dict, exec_properties, folder)
        tfx_tuner.write_best_hyperparameters(tuner, output_dict)
        tuner.table.write(os.path.join(results, FILE))
        tf.io.gfile.rmtree(folder)


def _search_folder(results: str, input_dict: dict[str, Any], exec_properties: dict[str, Any]) -> str:
    """The folder of this very search, equal when the same one is started again.

    TFX gives each execution new output folders: it lies beside them, under a digest of all that decides the result.
    """
    inputs = {key: [artifact.uri for artifact in artifacts] for key, artifacts in input_dict.items()}
    determinants = [exec_properties[standard_component_specs.CUSTOM_CONFIG_KEY], inputs]
    digest = hashlib.sha256(json.dumps(determinants, sort_keys=True).encode()).hexdigest()[:16]
    return os.path.join(os.path.dirname(results), "unfinished", digest)
