"""TFX's Pusher, with a push that is atomic."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from tfx.components.pusher import executor as tfx_pusher
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import io_utils, path_utils, proto_utils

from widedeep.components.metadata.properties import REFUSED, ROLLED_BACK
from widedeep.components.pusher import version_info_writer
from widedeep.components.pusher.push import GRAPH, equal, prune, push, versions
from widedeep.components.pusher.version_info import INFO_FILES


class Executor(tfx_pusher.Executor):
    """Pushes to version 1, 2, 3 and so on of a folder.

    In a bucket ("gs://...") nothing can be renamed at once. There the version is a time stamp, as TFX has it, and
    saved_model.pb, which servers wait for, comes last.
    """

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        """Pushes if both blessings say so, and no person has taken this very model out of service.

        Raises:
            WideDeepError: the model could not be written (disk full, no permission).
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        destination = pusher_pb2.PushDestination()
        proto_utils.json_to_proto(exec_properties[standard_component_specs.PUSH_DESTINATION_KEY], destination)
        base = destination.filesystem.base_directory
        [pushed] = output_dict[standard_component_specs.PUSHED_MODEL_KEY]
        [model] = input_dict[standard_component_specs.MODEL_KEY]
        if not self.CheckBlessing(input_dict):
            self._MarkNotPushed(pushed)
            return
        rolled_back = model.get_string_custom_property(ROLLED_BACK)
        if rolled_back:
            self._MarkNotPushed(pushed)
            pushed.set_string_custom_property(REFUSED, _refusal(rolled_back))
            return
        # The archive first: once a version is visible, nothing may fail any more.
        io_utils.copy_dir(self.GetModelPath(input_dict), pushed.uri)
        version_info_writer.write(pushed.uri, input_dict, self._context, exec_properties["code"], base)
        if "://" in base:
            version = _to_bucket(pushed.uri, base)
        else:
            version = str(_to_folder(pushed.uri, Path(base), exec_properties.get("keep")))
        self._MarkPushed(pushed, pushed_destination=version, pushed_version=os.path.basename(version))

    def GetModelPath(self, input_dict: dict[str, Any]) -> str:
        """The model with the warm-up requests in it, which the dry run made; TFX's Pusher would take the Trainer's."""
        infra = artifact_utils.get_single_instance(input_dict[standard_component_specs.INFRA_BLESSING_KEY])
        return str(path_utils.stamped_model_path(infra.uri))


def _refusal(rolled_back: str) -> str:
    return (
        f"this very model was taken out of service by a rollback {rolled_back}. Train on other data or with other "
        "settings; or put it back: widedeep models WORKDIR rollback VERSION"
    )


def _to_folder(archive: str, base: Path, keep: int | None) -> Path:
    if "://" in archive:
        with tempfile.TemporaryDirectory() as folder:
            local = os.path.join(folder, "model")
            io_utils.copy_dir(archive, local)
            return _to_folder(local, base, keep)
    newest = max(versions(base).items(), default=None)
    # A push that was killed after its version appeared is made again, as is one after which settings have changed
    # that the model does not depend on.
    if newest and equal(newest[1], Path(archive), but=INFO_FILES):
        version = newest[1]
    else:
        version = push(Path(archive), base)
    if keep is not None:
        prune(base, keep)
    return version


def _to_bucket(archive: str, base: str) -> str:
    version = os.path.join(base, str(int(time.time())))
    io_utils.copy_dir(archive, version, deny_regex_patterns=[GRAPH.replace(".", r"\.")])
    io_utils.copy_file(os.path.join(archive, GRAPH), os.path.join(version, GRAPH))
    return version
