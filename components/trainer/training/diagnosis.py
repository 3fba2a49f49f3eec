"""Says in words why a batch's loss is no number."""

from __future__ import annotations

import numpy as np

from widedeep.components.trainer.model.inputs import Batch
from widedeep.components.trainer.model.network import WideDeepModel

_NAMED = 3


def blame(model: WideDeepModel, batch: Batch) -> str:
    """The features behind a loss that is no number, and the remedy.

    Args:
        model: as it was before the batch: the step that fails updates nothing.
        batch: the one that failed.
    """
    for name, values in (("label", batch.label), ("weight", batch.weight)):
        if not np.isfinite(values.numpy()).all():
            return f"the examples' {name} is not a finite number: clean the column."
    dense = np.isfinite(batch.inputs.dense.numpy()).all(axis=0)
    broken = [name for name, fine in zip(model.layout.dense, dense, strict=True) if not fine]
    if broken:
        return f"{_list(broken)} is not a finite number in this batch: clean the column, or give it another transform."
    grown = _largest(model, batch)
    if grown:
        return (
            f"the weights grew too large, most of all those of {_list(grown)}: "
            "lower training.wide.learning_rate or training.deep.learning_rate."
        )
    return "the hidden layers' weights grew too large: lower training.deep.learning_rate."


def _largest(model: WideDeepModel, batch: Batch) -> list[str]:
    """Columns by their largest weight in the batch, where that is above 1; those that are no numbers first."""
    largest_weights: dict[str, float] = {}
    for table, values, uses in zip(model.layout.tables, model.values(batch.inputs), batch.inputs.uses, strict=True):
        # A comparison with NaN is false: make it the largest.
        size = np.nan_to_num(np.abs(values.numpy()).max(axis=1, initial=0.0), nan=np.inf)
        starts = np.array([slot.offset for slot in table.slots])
        owner = np.searchsorted(starts, uses.rows.numpy(), side="right") - 1
        for number, slot in enumerate(table.slots):
            largest = float(size[owner == number].max(initial=0.0))
            if largest > 1.0:
                largest_weights[slot.column] = max(largest, largest_weights.get(slot.column, 0.0))
    return sorted(largest_weights, key=lambda column: -largest_weights[column])


def _list(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(f"'{name}'" for name in names[:_NAMED]) + more
