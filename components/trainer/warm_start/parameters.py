"""How one trained variable becomes another's continuation."""

from __future__ import annotations

import tensorflow as tf

from widedeep.components.trainer.training.optimizers import Optimizer
from widedeep.components.trainer.warm_start.meaning import Match


def take(new: Optimizer, old: Optimizer, rows: Match | None = None) -> None:
    """Takes over a variable and its slots; the slots of another kind of optimizer stay fresh.

    Args:
        new: of the variable that goes on.
        old: of one of the same shape, or, with rows, of the same width.
        rows: which to take over, and where to; None: all.
    """
    _copy(new.variable, old.variable, rows)
    if new.slots.keys() == old.slots.keys():
        for name, slot in new.slots.items():
            _copy(slot, old.slots[name], rows)


def _copy(variable: tf.Variable, before: tf.Variable, rows: Match | None) -> None:
    if rows is None:
        variable.assign(before.numpy())
        return
    values = variable.numpy()
    values[rows.new] = tf.gather(before, rows.old).numpy()
    variable.assign(values)
