"""Says in words why a batch's loss is no number, or a training's loss too large."""

from __future__ import annotations

import math

import numpy as np

from widedeep.components.trainer.model.inputs import Batch
from widedeep.components.trainer.model.network import WideDeepModel
from widedeep.components.trainer.training.training_record import Epoch

LAYERS_GREW = "the hidden layers' weights grew too large: lower training.deep.learning_rate."
_NAMED = 3
# A loss so many times that of knowing nothing does not come from learning slowly.
_DIVERGED = 10.0


def divergence(epoch: Epoch, rates_loss: float | None, outputs: int) -> str | None:
    """Says that an epoch's losses on both splits are far beyond that of knowing nothing; None where they are not.

    Args:
        epoch: one that has ended.
        rates_loss: of who predicts the label's rates.
        outputs: logits of an example.
    """
    # A model before its first step gives every class the same chance, a regression the mean.
    is_chance = epoch.rmse is None
    nothing = max(rates_loss or 0.0, math.log(max(outputs, 2)) if is_chance else 0.0)
    evaluated = epoch.logloss if epoch.rmse is None else epoch.rmse**2
    losses = [math.inf if loss is None else loss for loss in (epoch.loss, evaluated)]
    if min(losses) <= _DIVERGED * nothing:
        return None
    return (
        f"the training diverges: after epoch {epoch.epoch} the mean loss on 'train' is {losses[0]:.4g}, on 'eval' "
        f"{losses[1]:.4g}, where knowing nothing costs {nothing:.4g}"
    )


def overgrown(model: WideDeepModel, batch: Batch) -> str:
    """The features whose weights move some examples' logits most, and the remedy.

    Args:
        model: whose loss is too large.
        batch: some of its examples.
    """
    wide = model.layout.wide
    if wide is None:
        return "the deep part's weights grew too large: lower training.deep.learning_rate."
    [values, *_], [uses, *_] = model.values(batch.inputs), batch.inputs.uses
    starts = np.array([slot.offset for slot in wide.slots])
    assert uses.share is not None, "what is trained on has shares"
    column = (np.searchsorted(starts, uses.rows.numpy(), side="right") - 1)[uses.position.numpy()]
    size = np.abs(values.numpy()).max(axis=1, initial=0.0)[uses.position.numpy()]
    # By example and column: how many weights it has, and what they may add.
    part, columns = uses.cell.numpy() * len(starts) + column, len(starts)
    cells = batch.label.shape[0] * columns
    counts = np.bincount(part, minlength=cells)
    added = np.bincount(part, size * uses.share.numpy(), cells)
    added, ids = added.reshape(-1, columns).max(axis=0), counts.reshape(-1, columns).max(axis=0)
    largest = [place for place in np.argsort(-added, kind="stable") if added[place] > 1.0]
    if not largest:
        return "the deep part's weights grew too large: lower training.deep.learning_rate."
    named = [f"'{wide.slots[place].column}' ({ids[place]:,} ids in one example)" for place in largest[:_NAMED]]
    return (
        f"the wide weights grew too large, most of all those of {', '.join(named)}: lower training.wide.learning_rate."
    )


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
    return LAYERS_GREW


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
