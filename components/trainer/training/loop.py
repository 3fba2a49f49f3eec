"""Passes over the data: epochs, early stopping, checkpoints, progress."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from widedeep.components.common.errors import ConfigError, DataError
from widedeep.components.common.metrics import HIGHER_IS_BETTER
from widedeep.components.common.progress import Listener
from widedeep.components.trainer.exchange.exchange import any_has
from widedeep.components.trainer.exchange.shares import Turn, draw
from widedeep.components.trainer.model.heads import Head
from widedeep.components.trainer.reading.blocks import Block
from widedeep.components.trainer.reading.split_examples import SplitExamples
from widedeep.components.trainer.training.checkpoints import Checkpoints, Progress
from widedeep.components.trainer.training.diagnosis import LAYERS_GREW, blame, divergence, overgrown
from widedeep.components.trainer.training.evaluation import evaluate
from widedeep.components.trainer.training.joint_step import JointTrainer
from widedeep.components.trainer.training.training_record import Epoch
from widedeep.components.trainer.training_options import TrainingOptions

_REPORT_SECONDS = 0.3
# Between two calls of the runtime a person hears of the progress, and Ctrl-C is heard.
_STEPS_A_CALL = 50


class TrainingLoop:
    """Trains for some epochs, and leaves the trainer at the best one unless `options.patience` is null."""

    def __init__(
        self,
        trainer: JointTrainer,
        head: Head,
        train: SplitExamples,
        evaluation: SplitExamples,
        options: TrainingOptions,
    ) -> None:
        """Raises ConfigError: `options.stop_on` is no metric of this label, or the devices can't share a batch."""
        self._trainer, self._head, self._exchange = trainer, head, trainer.exchange
        self._train, self._evaluation = train, evaluation
        self._options = options
        self._watched = options.stop_on or head.watched
        if self._watched not in head.metrics:
            raise ConfigError(f"training.stop_on is '{self._watched}'; this label has {', '.join(head.metrics)}.")
        replicas = trainer.strategy.num_replicas_in_sync
        if options.batch_size % replicas:
            raise ConfigError(f"training.batch_size is {options.batch_size}: it must divide by the {replicas} devices.")
        if replicas > 1 and options.deep.batch_norm:
            raise ConfigError(
                f"training.deep.batch_norm takes means of a whole batch, and each of the {replicas} devices sees a "
                "part of one: leave out batch_norm, or training.distribute."
            )

    def run(self, checkpoints: Checkpoints, report: Listener) -> list[Epoch]:
        """Trains, from the last checkpoint on where there is one.

        The order of the examples and the dropout depend on seed, epoch and step alone: carrying on gives the same
        model as training without a break.

        Args:
            checkpoints: where the state is kept.
            report: is told the progress.

        Returns:
            The epochs, one of which is `kept`.

        Raises:
            DataError: a split is empty, the evaluation split has one class only, the loss is no number, or the
                training diverges.
        """
        progress = checkpoints.carry_on()
        self._check_start(progress)
        options, curve = self._options, progress.curve
        while progress.epoch <= options.epochs and not self._out_of_patience(progress):
            self._epoch(progress, checkpoints, report)
            curve.append(self._finished(progress))
            self._stop_divergence(curve[-1])
            self._report(report, progress)
            if options.patience is None or not progress.best or self._better(curve[-1], curve[progress.best - 1]):
                progress.best = progress.epoch
                # The last epoch's state is in place already.
                if options.patience is not None and progress.epoch < options.epochs:
                    checkpoints.save_best()
            progress.next_epoch()
        if progress.best < len(curve):
            checkpoints.restore_best()
        return [epoch.model_copy(update={"kept": epoch.epoch == progress.best}) for epoch in curve]

    def _check_start(self, progress: Progress) -> None:
        """All workers must stand where the chief does."""
        chief, *others = np.concatenate(self._exchange.gather(np.array([progress.steps], np.int64))).tolist()
        for number, steps in enumerate(others, start=1):
            if steps != chief:
                raise DataError(
                    f"worker {number} begins at step {steps:,}, and the chief at step {chief:,}: they see different "
                    "checkpoints. All must see one folder; if they do, start again."
                )

    def _out_of_patience(self, progress: Progress) -> bool:
        patience = self._options.patience
        return patience is not None and progress.best > 0 and progress.epoch - 1 - progress.best >= patience

    def _better(self, epoch: Epoch, best: Epoch) -> bool:
        return self._standing(epoch) > self._standing(best)

    def _standing(self, epoch: Epoch) -> float:
        if self._options.stop_on is None:
            return self._head.standing(epoch.metric)
        value = epoch.metric(self._options.stop_on)
        return value if HIGHER_IS_BETTER[self._options.stop_on] else -value

    def _finished(self, progress: Progress) -> Epoch:
        # All go on, or stop, by what the chief found.
        is_chief = self._exchange.number == 0
        found = json.dumps(evaluate(self._trainer, self._head, self._evaluation)) if is_chief else ""
        quality = json.loads(self._exchange.texts(found)[0])
        return Epoch.model_validate(
            {
                "epoch": progress.epoch,
                "step": progress.steps,
                "examples": progress.examples,
                "seconds": progress.seconds,
                "loss": progress.loss,
                **quality,
            }
        )

    def _stop_divergence(self, epoch: Epoch) -> None:
        said = divergence(epoch, self._train.label.loss, self._head.outputs)
        if said:
            block = next(iter(self._train.blocks()), self._train.no_block())
            size = min(self._options.batch_size, block.examples)
            [batch] = block.parts(np.arange(size), np.array([0, size]), 0)
            raise DataError(f"{said}: {overgrown(self._trainer.model, batch)}")

    def _epoch(self, progress: Progress, checkpoints: Checkpoints, report: Listener) -> None:
        started = reported = time.monotonic()
        before = progress.seconds
        for number, block in enumerate(self._blocks()):
            if number < progress.block:
                continue
            progress.block = number
            turn = self._turn(block, progress.epoch, number)
            for _ in self._steps(block, turn, progress):
                progress.seconds = before + time.monotonic() - started
                if time.monotonic() - reported > _REPORT_SECONDS:
                    reported = time.monotonic()
                    self._report(report, progress)
                if progress.steps % self._options.checkpoint_steps == 0:
                    checkpoints.save(progress)
            progress.batch = 0
        self._train.meet()
        self._report(report, progress)

    def _blocks(self) -> Iterator[Block]:
        """The worker's blocks, and then empty ones for as long as another worker has more."""
        own, number = iter(self._train.blocks()), 0
        while True:
            block = next(own, None)
            if not any_has(self._exchange, block is not None):
                break
            number += 1
            yield block or self._train.no_block()
        if not number:
            raise self._train.none()

    def _turn(self, block: Block, epoch: int, number: int) -> Turn:
        """The block's examples in this epoch's order, without the negatives that it leaves out."""
        return draw(
            np.random.default_rng([self._options.seed, epoch, number]),
            np.arange(block.examples) if block.numbers is None else block.numbers,
            block.label.numpy() != 0,
            self._options.keep_negatives,
            self._options.batch_size * self._exchange.workers,
            self._exchange,
        )

    def _steps(self, block: Block, turn: Turn, progress: Progress) -> Iterator[None]:
        """Trains on the block's batches from `progress.batch` on; pauses after every call of the runtime."""
        every, replicas = self._options.checkpoint_steps, self._trainer.strategy.num_replicas_in_sync
        in_block = turn.batches
        # Each replica takes an equal part of the batch.
        parts = block.parts(turn.order, turn.ends_of(replicas), progress.batch * replicas)
        batches = iter(self._trainer.strategy.distribute_datasets_from_function(lambda _: parts))
        # Of an earlier training of the same model.
        earlier = int(self._trainer.steps.numpy()) - progress.steps
        while progress.batch < in_block:
            count = min(_STEPS_A_CALL, in_block - progress.batch, every - progress.steps % every)
            try:
                totals = self._trainer.run(batches, tf.constant(count, tf.int64)).numpy()
            except tf.errors.InvalidArgumentError as error:
                if "the loss" not in error.message:
                    raise
                steps_done = int(self._trainer.steps.numpy()) - earlier - progress.steps
                batch = next(iter(block.parts(turn.order, turn.ends, progress.batch + steps_done)))
                # The one whose examples are to blame says more than that.
                said = self._exchange.texts(blame(self._trainer.model, batch))
                why = next((text for text in said if text != LAYERS_GREW), LAYERS_GREW)
                raise DataError(f"the loss is not a number at step {progress.steps + steps_done + 1}: {why}") from None
            progress.add(count, totals)
            yield

    def _report(self, report: Listener, progress: Progress) -> None:
        # How many negatives an epoch leaves out, and how many examples other workers have, is known after it only.
        alone = self._exchange.workers == 1
        examples = self._train.examples if alone and self._options.keep_negatives == 1 else None
        in_all = math.ceil(examples / self._options.batch_size) * self._options.epochs if examples else None
        value = progress.curve[-1].metric(self._watched) if progress.curve else None
        report(
            {"step": progress.steps, "steps": in_all, "loss": progress.loss, "watched": self._watched, "value": value}
        )
