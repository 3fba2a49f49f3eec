"""What a fault is made in, a working directory whose version 1 serves, and what is to be seen there afterwards."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import tensorflow as tf
from harness import LOOSE, Ran, Slice, latest
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest
from tensorflow_serving.apis.predict_pb2 import PredictRequest

from widedeep.serving.standin.core import Core
from widedeep.serving.standin.models import model_configs


@dataclass(frozen=True)
class Scene:
    """A working directory whose version 1 serves, to be spoilt.

    Attributes:
        slice: its data and settings, which are others' too.
        workdir: of the test's own.
        folder: for what the fault needs.
        run: runs a slice's pipeline in a working directory, with settings.
        patch: for the environment of the run.
        later: is closed after the test.
    """

    slice: Slice
    workdir: Path
    folder: Path
    run: Callable[..., Ran]
    patch: pytest.MonkeyPatch
    later: ExitStack

    def go(self, *settings: str) -> Ran:
        return self.run(self.slice, self.workdir, *settings)

    def data(self, name: str) -> Path:
        return Path(shutil.copytree(self.slice.data, self.folder / name))

    @property
    def model(self) -> Path:
        """What the Trainer has exported."""
        return latest(self.workdir, "Trainer", "model") / "Format-Serving"

    def push(self) -> Ran:
        """A run whose candidate has passed every gate, and is not version 1: only the Pusher has something to do."""
        tried = latest(self.workdir, "DryRun", "blessing") / "stamped_model"
        (tried / "assets.extra" / "another").touch()
        return self.go(LOOSE, "push.keep=9")

    def within_the_run(self, code: str) -> None:
        """Has Python run this before anything else."""
        (self.folder / "sitecustomize.py").write_text(code)
        self.patch.setenv("PYTHONPATH", str(self.folder), prepend=os.pathsep)


class Server:
    """The stand-in for TF Serving, which polls a folder of versions."""

    def __init__(self, models: Path) -> None:
        self._config = model_configs.single("census", models)
        self._core = Core(self._config, poll=0.2)
        self._core.start()

    def answer(self, rows: Sequence[bytes]) -> tuple[int, list[float]]:
        """The version that answers, and its scores, after one more look at the folder."""
        self._core.reload_config(ReloadConfigRequest(config=self._config))
        request = PredictRequest()
        request.model_spec.name = "census"
        request.inputs["examples"].CopyFrom(tf.make_tensor_proto(rows))
        response = self._core.predict(request)
        return response.model_spec.version.value, tf.make_ndarray(response.outputs["score"]).tolist()

    def wait_for(self, version: int) -> None:
        """Looks until it has that version alone: a fault that was not stopped has left another."""
        deadline = time.monotonic() + 60
        while self._core.models.loaded() != {"census": [version]}:
            assert time.monotonic() < deadline, self.known()
            self._core.reload_config(ReloadConfigRequest(config=self._config))
            time.sleep(0.1)

    def known(self) -> dict[int, str]:
        """The state of each version that it has ever seen, those that it could not load too."""
        request = GetModelStatusRequest()
        request.model_spec.name = "census"
        versions = self._core.model_status(request).model_version_status
        return {version.version: type(version).State.Name(version.state) for version in versions}

    def close(self) -> None:
        self._core.close()


def content(models: Path) -> dict[str, str]:
    """Every folder, and every file with its digest."""
    base = models.resolve()
    return {
        path.relative_to(base).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in base.rglob("*")
    }


def stopper(ran: Ran, nodes: Sequence[str]) -> str:
    """What has stopped a run, as it shows."""
    told = re.search(r"(\w+) (?:stopped|failed): ", ran.stderr)
    if told:
        return told[1]
    if ran.result is not None:
        # What the Evaluator has refused is not tried.
        return "DryRun" if ran.result["dry_run"]["checks"] else "Evaluator"
    done = re.findall(r"^✓ (\w+)", ran.stderr, re.MULTILINE)
    return nodes[len(done)] if done else "the start"
