"""TFX's Pusher, with a push that is atomic."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tfx.components.pusher import executor as tfx_pusher
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import io_utils, path_utils, proto_utils

from components.pusher.push import push


class Executor(tfx_pusher.Executor):
    """Pushes to version 1, 2, 3 and so on of a folder.

    To a bucket ("gs://...") it pushes as TFX does, since nothing there can be renamed at once: the version is a
    time stamp, and saved_model.pb, which servers wait for, comes last.
    """

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        """Pushes if every blessing that is an input says so.

        Raises:
            WideDeepError: the model could not be written (disk full, no permission).
        """
        destination = pusher_pb2.PushDestination()
        proto_utils.json_to_proto(exec_properties[standard_component_specs.PUSH_DESTINATION_KEY], destination)
        base = destination.filesystem.base_directory
        if "://" in base:
            super().Do(input_dict, output_dict, exec_properties)
            return
        self._log_startup(input_dict, output_dict, exec_properties)
        pushed = artifact_utils.get_single_instance(output_dict[standard_component_specs.PUSHED_MODEL_KEY])
        if not self.CheckBlessing(input_dict):
            self._MarkNotPushed(pushed)
            return
        source = self.GetModelPath(input_dict)
        # The archive first: once a version is visible, nothing may fail any more.
        io_utils.copy_dir(source, pushed.uri)
        version = _push(source, Path(base))
        self._MarkPushed(pushed, pushed_destination=str(version), pushed_version=version.name)

    def GetModelPath(self, input_dict: dict[str, Any]) -> str:
        """The model that the dry run has tried, with its warm-up requests; without a dry run the Trainer's."""
        for tried in input_dict.get(standard_component_specs.INFRA_BLESSING_KEY) or []:
            if tried.get_int_custom_property("has_model"):
                return str(path_utils.stamped_model_path(tried.uri))
        return str(super().GetModelPath(input_dict))


def _push(source: str, base: Path) -> Path:
    if "://" not in source:
        return push(Path(source), base)
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder, "model")
        io_utils.copy_dir(source, str(local))
        return push(local, base)
