"""TFX's Pusher, with a push that is atomic."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

from tfx.components.pusher import executor as tfx_pusher
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import io_utils, proto_utils

from components.errors import WideDeepError


class Executor(tfx_pusher.Executor):
    """Copies beside the versions under a name that no server reads, then renames.

    A version that is visible is whole: the rename is atomic within a file system, and a push that fails or is
    killed leaves at most a folder whose name starts with a dot, which the next push removes.
    """

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        """Pushes if every blessing that is an input says so.

        Raises:
            WideDeepError: the model could not be written (disk full, no permission).
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        pushed = artifact_utils.get_single_instance(output_dict[standard_component_specs.PUSHED_MODEL_KEY])
        if not self.CheckBlessing(input_dict):
            self._MarkNotPushed(pushed)
            return
        destination = pusher_pb2.PushDestination()
        proto_utils.json_to_proto(exec_properties[standard_component_specs.PUSH_DESTINATION_KEY], destination)
        source = self.GetModelPath(input_dict)
        version = push(Path(source), Path(destination.filesystem.base_directory))
        io_utils.copy_dir(source, pushed.uri)
        self._MarkPushed(pushed, pushed_destination=str(version), pushed_version=version.name)


def push(model: Path, base: Path) -> Path:
    """Copies a SavedModel to the next version under `base` and returns that version's folder.

    Raises:
        WideDeepError: it could not be written; no version has appeared and none has changed.
    """
    try:
        base.mkdir(parents=True, exist_ok=True)
        for left in base.glob(".pushing-*"):
            shutil.rmtree(left)
        version = max((int(path.name) for path in base.iterdir() if path.name.isdigit()), default=0) + 1
        hidden = base / f".pushing-{version}"
        try:
            shutil.copytree(model, hidden)
            _sync(hidden)
            os.rename(hidden, base / str(version))
            _sync_entry(base)
        finally:
            shutil.rmtree(hidden, ignore_errors=True)
    except (OSError, shutil.Error) as error:
        raise WideDeepError(
            f"the model could not be pushed to {base}: {_reason(error)} Nothing was changed there."
        ) from error
    return base / str(version)


def _reason(error: OSError | shutil.Error) -> str:
    # copytree gathers the errors of all files as text.
    text = str(error)
    if getattr(error, "errno", None) == errno.ENOSPC or os.strerror(errno.ENOSPC) in text:
        return "the disk is full. Free some space and run the same command again."
    return f"{text}. Mend that and run the same command again."


def _sync(folder: Path) -> None:
    """Content reaches the disk before the name does."""
    for path in folder.rglob("*"):
        if path.is_file():
            _sync_entry(path)
    _sync_entry(folder)


def _sync_entry(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
