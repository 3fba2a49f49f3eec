"""What a training asks of those that train with it; alone, it asks itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import tensorflow as tf


class TableGradient(NamedTuple):
    """Gradients of some rows of a table: `rows`, int32 [k], each once in a worker, and float32 [k, width]."""

    rows: tf.Tensor
    gradient: tf.Tensor


class Gradients(NamedTuple):
    """Of a batch's summed loss.

    Attributes:
        whole: of variables that every batch uses as a whole.
        tables: of the rows that the batch uses.
        totals: float64 [any], summed as they are.
    """

    whole: list[tf.Tensor]
    tables: list[TableGradient]
    totals: tf.Tensor


class Exchange(Protocol):
    """The workers of one training, of which this process is one.

    All of them call the same methods in the same order: each call waits for all.
    """

    #: How many there are.
    workers: int
    #: This one's number, from 0; 0 is the chief, which writes, and decides from what it sees.
    number: int

    def sums(self, own: Gradients) -> Gradients:
        """The sums over all workers, inside a step; a row comes once for each worker that uses it."""
        ...

    def gather(self, values: np.ndarray) -> list[np.ndarray]:
        """Each worker's values, int64 or float64 [any], by number."""
        ...

    def texts(self, text: str) -> list[str]:
        """Each worker's text, by number."""
        ...


class Alone:
    """A training in one process."""

    workers = 1
    number = 0

    def sums(self, own: Gradients) -> Gradients:
        """See Exchange."""
        return own

    def gather(self, values: np.ndarray) -> list[np.ndarray]:
        """See Exchange."""
        return [values]

    def texts(self, text: str) -> list[str]:
        """See Exchange."""
        return [text]


ALONE = Alone()


def any_has(exchange: Exchange, fact: bool) -> bool:
    """Whether it is so for any worker."""
    return bool(np.any(np.concatenate(exchange.gather(np.array([fact], np.int64)))))


def summed(exchange: Exchange, values: Sequence[float]) -> np.ndarray:
    """float64 [n]: the sums of the workers' values, in the order of their numbers: the same for all."""
    sums: np.ndarray = np.sum(exchange.gather(np.array(values, np.float64)), axis=0)
    return sums
