"""DryRun's work."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tfx.components.util import model_utils
from tfx.dsl.components.base import base_executor
from tfx.types import artifact, artifact_utils
from tfx.utils import io_utils, path_utils

from widedeep.components import features
from widedeep.components.dryrun.batch_scores import batch_scores
from widedeep.components.dryrun.driver import dry_run_key
from widedeep.components.dryrun.dry_run_options import DryRunOptions
from widedeep.components.dryrun.dry_run_record import RECORD, Check, DryRunRecord
from widedeep.components.dryrun.requests import ServingRequest, make_requests
from widedeep.components.dryrun.servers.programs import server_name
from widedeep.components.dryrun.servers.server import DryRunError, start_server
from widedeep.components.dryrun.trial import trial
from widedeep.components.dryrun.warmup import write_warmup
from widedeep.components.examples.record_files import records
from widedeep.components.metadata.properties import JUDGED_MODEL, MACHINE_FAULT
from widedeep.components.trainer.training.state import FOLDER as STATE

_SEED = 17
# Rows are drawn from so many at the split's beginning.
_DRAWN_FROM = 20_000


class Executor(base_executor.BaseExecutor):
    """Starts the candidate as a server and asks it."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        """Writes `dry_run.json`, and the blessing as TFX's InfraValidator does: the Pusher pushes the model in it.

        Raises:
            DataError: the Trainer's state can't be used.
        """
        [model] = input_dict["model"]
        [evaluated] = input_dict["model_blessing"]
        [blessing] = output_dict["blessing"]
        options = DryRunOptions.model_validate_json(exec_properties["options"])
        if not model_utils.is_model_blessed(evaluated):
            # Not tried: what the Evaluator refused needs no other mark.
            _finish(blessing, DryRunRecord(server=server_name(options), checks=[]))
            return
        spec = features.from_json(exec_properties["features"])
        served = path_utils.serving_model_path(model.uri)
        rows = _drawn(input_dict["examples"], exec_properties["split"], options.rows)
        requests = list(make_requests(spec, _signatures(served), rows))
        stamped = path_utils.stamped_model_path(blessing.uri)
        io_utils.copy_dir(served, stamped)
        write_warmup(stamped, [request.message for request in requests])
        trained = os.path.join(model.uri, STATE), artifact_utils.get_single_uri(input_dict["transform_graph"])
        # Before the server starts: its load is timed, and would wait for the processors that this takes.
        scores = batch_scores(*trained, [row for request in requests for row in request.rows])
        checks = _checks(stamped, scores, requests, options, Path(self._log(blessing)))
        record = DryRunRecord(server=server_name(options), checks=checks)
        if not record.passed:
            tf.io.gfile.rmtree(stamped)
        if record.is_open:
            blessing.set_string_custom_property(MACHINE_FAULT, dry_run_key(input_dict, exec_properties))
        blessing.set_int_custom_property(JUDGED_MODEL, model.id)
        _finish(blessing, record)

    @staticmethod
    def _log(blessing: artifact.Artifact) -> str:
        tf.io.gfile.makedirs(blessing.uri)
        return os.path.join(blessing.uri, "server.log")


def _checks(
    model: str, scores: np.ndarray, requests: list[ServingRequest], options: DryRunOptions, log: Path
) -> list[Check]:
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder, "models")
        io_utils.copy_dir(model, str(base / "1"))
        # The server's user in a container is another.
        os.chmod(folder, 0o755)  # noqa: S103
        local = log if "://" not in str(log) else Path(folder, "server.log")
        try:
            with start_server(base, options, local) as server:
                return trial(server, requests, scores, options)
        except DryRunError as error:
            return [Check(name="server", value=None, limit=None, ok=False, said=str(error), measures="machine")]


def _signatures(model: str) -> list[str]:
    with tf.io.gfile.GFile(os.path.join(model, "saved_model.pb"), "rb") as file:
        [graph] = saved_model_pb2.SavedModel.FromString(file.read()).meta_graphs
    return sorted(graph.signature_def)


def _drawn(examples: list[artifact.Artifact], split: str, count: int) -> list[bytes]:
    """So many rows of the split, the same ones each time; all where it has fewer."""
    [uri] = artifact_utils.get_split_uris(examples, split)
    files = sorted(tf.io.gfile.glob(os.path.join(uri, "*")))
    first = list(records(files).take(_DRAWN_FROM).as_numpy_iterator())
    return random.Random(_SEED).sample(first, min(count, len(first)))  # noqa: S311


def _finish(blessing: artifact.Artifact, record: DryRunRecord) -> None:
    """As TFX's InfraValidator: a file for people and a property for the Pusher."""
    name = "INFRA_BLESSED" if record.passed else "INFRA_NOT_BLESSED"
    io_utils.write_string_file(os.path.join(blessing.uri, name), "")
    record.write(os.path.join(blessing.uri, RECORD))
    blessing.set_int_custom_property("blessed", int(record.passed))
    blessing.set_int_custom_property("has_model", int(record.passed))
