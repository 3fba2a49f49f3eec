"""What a training needs to carry on after it was killed, and the best epoch's model, on disk."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf
from pydantic import TypeAdapter

from widedeep.components.trainer.training.joint_step import JointTrainer
from widedeep.components.trainer.training.training_record import Epoch


@dataclass
class Progress:
    """How far a training is.

    Attributes:
        epoch: the epoch in progress, from 1.
        block: the block in progress, from 0.
        batch: batches of that block that are done.
        steps: batches done in all.
        totals: summed loss, summed weights and examples of the epoch so far.
        seconds: the epoch took so far, reading included.
        curve: the finished epochs.
        best: the best epoch, 0 before the first has ended.
    """

    epoch: int = 1
    block: int = 0
    batch: int = 0
    steps: int = 0
    totals: tuple[float, float, float] = (0.0, 0.0, 0.0)
    seconds: float = 0.0
    curve: list[Epoch] = field(default_factory=list)
    best: int = 0

    @property
    def loss(self) -> float:
        """Mean loss of the epoch so far."""
        return self.totals[0] / max(self.totals[1], 1e-9)

    @property
    def examples(self) -> int:
        """Examples of the epoch so far."""
        return int(self.totals[2])

    def add(self, count: int, totals: Iterable[float]) -> None:
        """Counts some batches of the block, with their summed loss, weights and examples."""
        loss, weight, examples = (float(before + now) for before, now in zip(self.totals, totals, strict=True))
        self.totals = loss, weight, examples
        self.batch += count
        self.steps += count

    def next_epoch(self) -> None:
        """Begins the next epoch."""
        self.epoch += 1
        self.block = self.batch = 0
        self.totals, self.seconds = (0.0, 0.0, 0.0), 0.0


_PROGRESS = TypeAdapter(Progress)


class Checkpoints:
    """Model, optimizers' slots and progress in a folder; each checkpoint is there whole or not at all."""

    def __init__(self, trainer: JointTrainer, folder: str) -> None:
        """Of several workers all read, and the chief alone writes."""
        self._writes = trainer.exchange.number == 0
        self._progress = tf.Variable("", dtype=tf.string, trainable=False)
        self._latest = _manager(os.path.join(folder, "latest"), trainer=trainer, progress=self._progress)
        self._best = _manager(os.path.join(folder, "best"), trainer=trainer)

    def carry_on(self) -> Progress:
        """Restores the last checkpoint, and says how far it is; a new Progress where there is none."""
        if not self._latest.latest_checkpoint:
            return Progress()
        _restore(self._latest)
        return _PROGRESS.validate_json(self._progress.numpy())

    def save(self, progress: Progress) -> None:
        """Writes a checkpoint in place of the one before."""
        if self._writes:
            self._progress.assign(_PROGRESS.dump_json(progress))
            self._latest.save()

    def save_best(self) -> None:
        """Keeps the model as it is now as the best."""
        if self._writes:
            self._best.save()

    def restore_best(self) -> None:
        """Puts the best model back, where it is looked at."""
        if self._writes:
            _restore(self._best)


def _manager(folder: str, **parts: Any) -> tf.train.CheckpointManager:
    return tf.train.CheckpointManager(tf.train.Checkpoint(**parts), folder, max_to_keep=1)


def _restore(manager: tf.train.CheckpointManager) -> None:
    manager.checkpoint.restore(manager.latest_checkpoint).assert_existing_objects_matched()
