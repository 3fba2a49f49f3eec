"""The folder through which the Trainer and its workers speak: all of them see it, on one machine or several."""

from __future__ import annotations

import json
import os
from typing import Any, cast

import tensorflow as tf
from pydantic import Field

from widedeep.components.common import errors
from widedeep.components.common.errors import WideDeepError
from widedeep.components.common.progress import TrainingProgress
from widedeep.components.common.records import Record

_WORK, _PROGRESS = "work.json", "progress.json"
_MET, _TROUBLE, _END = "met-{}.json", "trouble-{}.json", "end-{}.json"


class Trouble(Record):
    """Why a worker failed."""

    kind: str | None = Field(description="of an error for people; null: of another, whose trace is in the worker's log")
    words: str = Field(description="what was wrong")
    of_another: bool = Field(description="whether it failed as another worker was lost")

    def error(self) -> WideDeepError | None:
        """The error for people, where it is one."""
        kind = getattr(errors, self.kind, None) if self.kind else None
        return kind(self.words) if kind else None


class Mailbox:
    """One training's."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def open(self, work: dict[str, Any]) -> None:
        """Makes the folder, without what an earlier attempt left in it.

        Args:
            work: what to train from and where to write, as `run_fn` gets it; JSON.
        """
        if tf.io.gfile.exists(self.folder):
            tf.io.gfile.rmtree(self.folder)
        tf.io.gfile.makedirs(self.folder)
        self._write(_WORK, json.dumps(work))

    def work(self) -> dict[str, Any]:
        """What `open` was given."""
        given: dict[str, Any] = json.loads(self._read(_WORK) or "{}")
        return given

    def tell_progress(self, progress: TrainingProgress) -> None:
        """The chief's report."""
        self._write(_PROGRESS, json.dumps(progress))

    def progress(self) -> TrainingProgress | None:
        """The chief's last report; None before the first."""
        text = self._read(_PROGRESS)
        return cast("TrainingProgress", json.loads(text)) if text else None

    def tell_met(self, worker: int) -> None:
        """A worker has reached all others."""
        self._write(_MET.format(worker), "{}")

    def not_met(self, workers: int) -> list[int]:
        """Those that have not said so."""
        return [number for number in range(workers) if not self._exists(_MET.format(number))]

    def tell_end(self, worker: int) -> None:
        """A worker has done its part."""
        self._write(_END.format(worker), "{}")

    def all_ended(self, workers: int) -> bool:
        """Whether all have done their parts."""
        return all(self._exists(_END.format(number)) for number in range(workers))

    def tell_trouble(self, worker: int, trouble: Trouble) -> None:
        """A worker's last words."""
        self._write(_TROUBLE.format(worker), trouble.model_dump_json())

    def trouble(self, worker: int) -> Trouble | None:
        """A worker's last words; None where it said nothing."""
        text = self._read(_TROUBLE.format(worker))
        return Trouble.model_validate_json(text) if text else None

    def _write(self, name: str, text: str) -> None:
        # Whole or not at all, for whoever reads meanwhile.
        path = os.path.join(self.folder, name)
        with tf.io.gfile.GFile(f"{path}.new", "w") as file:
            file.write(text)
        tf.io.gfile.rename(f"{path}.new", path, overwrite=True)

    def _exists(self, name: str) -> bool:
        return bool(tf.io.gfile.exists(os.path.join(self.folder, name)))

    def _read(self, name: str) -> str | None:
        try:
            with tf.io.gfile.GFile(os.path.join(self.folder, name), "r") as file:
                return str(file.read())
        except tf.errors.NotFoundError:
            return None
