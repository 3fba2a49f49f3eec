"""Which examples are whose, so that a step of all workers is one of a single process with as many examples.

A worker reads files of its own: of N workers, every Nth file; where there are fewer files than workers, every Nth row
of all of them. Each row has the number that it has where one process reads all files, a row of each in turn. The
numbers of a block go round, and each worker draws the same order of all rows; of a batch of that order it takes those
that it holds. So each row is trained on once an epoch, a batch has as many rows as one of a single process, and every
worker takes as many steps, though its part of a batch is now larger and now smaller, or none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from widedeep.components.examples.record_files import records
from widedeep.components.trainer.exchange.exchange import Exchange


@dataclass(frozen=True)
class Share:
    """The rows that one of some workers reads."""

    number: int
    workers: int

    def records(self, names: Sequence[str], at_once: int) -> tf.data.Dataset:
        """Its rows of all files, as (int64: the row's number among all, string: the record).

        Args:
            names: all files, TFRecords of gzip.
            at_once: files read at a time. With more files than that, rows have other numbers than in one process.
        """
        if len(names) < self.workers:
            data = tf.data.Dataset.from_tensor_slices(list(names)).interleave(records, cycle_length=at_once)
            return data.enumerate().shard(self.workers, self.number)
        numbered = list(enumerate(names))[self.number :: self.workers]
        step, most = len(names), np.iinfo(np.int64).max

        @tf.autograph.experimental.do_not_convert
        def read(file: tf.Tensor, name: tf.Tensor) -> tf.data.Dataset:
            return tf.data.Dataset.zip((tf.data.Dataset.range(file, most, step), records(name)))

        files, own = zip(*numbered, strict=True)
        data = tf.data.Dataset.from_tensor_slices((np.array(files, np.int64), list(own)))
        return data.interleave(read, cycle_length=at_once)


@dataclass(frozen=True)
class Turn:
    """An epoch's pass over the blocks that all workers hold at a time.

    Attributes:
        order: int64 [own], this worker's examples.
        ends: int64 [batches + 1], where each batch's own examples begin and end among them.
    """

    order: np.ndarray
    ends: np.ndarray

    @property
    def batches(self) -> int:
        """Steps of each worker."""
        return len(self.ends) - 1

    def ends_of(self, replicas: int) -> np.ndarray:
        """int64 [batches * replicas + 1]: the ends where each batch is cut into equal parts."""
        sizes = np.diff(self.ends)[:, None]
        parts = np.minimum(-(-sizes // replicas) * np.arange(replicas), sizes)
        return np.append((self.ends[:-1, None] + parts).ravel(), self.ends[-1:])


def draw(
    random: np.random.Generator,
    numbers: np.ndarray,
    kept: np.ndarray,
    keep: float,
    batch_size: int,
    exchange: Exchange,
) -> Turn:
    """Draws the order of the examples, without some of those that need not be kept.

    Args:
        random: of the same state in all workers.
        numbers: int64 [n] of this worker's examples, as `Share.records` gives them.
        kept: bool [n], whether an example must be in.
        keep: the fraction of the others that is drawn.
        batch_size: of all workers together.
        exchange: the workers.
    """
    everyone = exchange.gather(numbers)
    owner = np.repeat(np.arange(len(everyone)), [len(each) for each in everyone])
    local = np.concatenate([np.arange(len(each)) for each in everyone])
    reading = np.argsort(np.concatenate(everyone), kind="stable")
    order = random.permutation(len(reading))
    if keep < 1:
        must = np.concatenate(exchange.gather(kept.astype(np.int64)))[reading].astype(bool)
        order = order[(random.random(len(order)) < keep) | must[order]]
    order = reading[order]
    own = np.flatnonzero(owner[order] == exchange.number)
    starts = np.arange(math.ceil(len(order) / batch_size) + 1) * batch_size
    return Turn(local[order[own]], np.searchsorted(own, starts))
