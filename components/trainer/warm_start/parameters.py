"""A trained variable with its optimizer, and how one becomes another's continuation."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from widedeep.components.trainer.training.optimizers import Optimizer
from widedeep.components.trainer.warm_start.meaning import Match


@dataclass(frozen=True)
class Parameter:
    """A variable and what keeps its slots."""

    variable: tf.Variable
    optimizer: Optimizer

    def take(self, old: Parameter, rows: Match | None = None) -> None:
        """Takes over weights and slots; the slots of another kind of optimizer stay fresh.

        Args:
            old: of the same shape, or, with rows, of the same width.
            rows: which to take over, and where to; None: all.
        """
        _copy(self.variable, old.variable, rows)
        slots, before = self.optimizer.slots, old.optimizer.slots
        if slots.keys() == before.keys():
            for name, slot in slots.items():
                _copy(slot, before[name], rows)


def _copy(variable: tf.Variable, before: tf.Variable, rows: Match | None) -> None:
    if rows is None:
        variable.assign(before.numpy())
        return
    values = variable.numpy()
    values[rows.new] = tf.gather(before, rows.old).numpy()
    variable.assign(values)
