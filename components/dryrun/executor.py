"""DryRun's work."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import tempfile
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tfx.components.util import model_utils
from tfx.dsl.components.base import base_executor
from tfx.types import artifact, artifact_utils
from tfx.utils import io_utils, path_utils

from widedeep.components import features
from widedeep.components.dryrun.batch_scores import batch_scores
from widedeep.components.dryrun.dry_run_options import DryRunOptions
from widedeep.components.dryrun.requests import Asked, requests
from widedeep.components.dryrun.servers import DryRunError, running, which
from widedeep.components.dryrun.trial import Check, trial
from widedeep.components.dryrun.warmup import write_warmup
from widedeep.components.metadata.properties import JUDGED_MODEL
from widedeep.components.trainer.training.state import FOLDER as STATE

RECORD = "dry_run.json"
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
            _finish(blessing, which(options), [])
            return
        spec = features.from_json(exec_properties["features"])
        served = path_utils.serving_model_path(model.uri)
        rows = _drawn(input_dict["examples"], exec_properties["split"], options.rows)
        asked = list(requests(spec, _signatures(served), rows))
        stamped = path_utils.stamped_model_path(blessing.uri)
        io_utils.copy_dir(served, stamped)
        write_warmup(stamped, [one.request for one in asked])
        trained = os.path.join(model.uri, STATE), artifact_utils.get_single_uri(input_dict["transform_graph"])
        checks = _tried(stamped, trained, asked, options, Path(self._log(blessing)))
        passed = all(check.ok for check in checks)
        if not passed:
            tf.io.gfile.rmtree(stamped)
        blessing.set_int_custom_property(JUDGED_MODEL, model.id)
        _finish(blessing, which(options), checks)

    @staticmethod
    def _log(blessing: artifact.Artifact) -> str:
        tf.io.gfile.makedirs(blessing.uri)
        return os.path.join(blessing.uri, "server.log")


def _tried(model: str, trained: tuple[str, str], asked: list[Asked], options: DryRunOptions, log: Path) -> list[Check]:
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder, "models")
        io_utils.copy_dir(model, str(base / "1"))
        # The server's user in a container is another.
        os.chmod(folder, 0o755)  # noqa: S103
        local = log if "://" not in str(log) else Path(folder, "server.log")
        try:
            with running(base, options, local) as server:
                # While the server loads the model.
                scores = batch_scores(*trained, [row for one in asked for row in one.rows])
                return trial(server, asked, scores, options)
        except DryRunError as error:
            return [Check("server", None, None, ok=False, said=str(error))]


def _signatures(model: str) -> list[str]:
    with tf.io.gfile.GFile(os.path.join(model, "saved_model.pb"), "rb") as file:
        [graph] = saved_model_pb2.SavedModel.FromString(file.read()).meta_graphs
    return sorted(graph.signature_def)


def _drawn(examples: list[artifact.Artifact], split: str, count: int) -> list[bytes]:
    """So many rows of the split, the same ones each time; all where it has fewer."""
    [uri] = artifact_utils.get_split_uris(examples, split)
    files = sorted(tf.io.gfile.glob(os.path.join(uri, "*")))
    first = list(tf.data.TFRecordDataset(files, "GZIP").take(_DRAWN_FROM).as_numpy_iterator())
    return random.Random(_SEED).sample(first, min(count, len(first)))  # noqa: S311


def _finish(blessing: artifact.Artifact, server: str, checks: list[Check]) -> None:
    """As TFX's InfraValidator: a file for people and a property for the Pusher."""
    passed = bool(checks) and all(check.ok for check in checks)
    io_utils.write_string_file(os.path.join(blessing.uri, "INFRA_BLESSED" if passed else "INFRA_NOT_BLESSED"), "")
    record = {"server": server, "checks": [dataclasses.asdict(check) for check in checks]}
    io_utils.write_string_file(os.path.join(blessing.uri, RECORD), json.dumps(record, indent=1))
    blessing.set_int_custom_property("blessed", int(passed))
    blessing.set_int_custom_property("has_model", int(passed))
