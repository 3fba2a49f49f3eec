"""Starts a training from an earlier one: weights and optimizers' slots, row by row of the same meaning.

FTRL derives a weight from its slots: a weight that comes without them is gone at its first update.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from components.trainer.layout import Layout, Table
from components.trainer.meaning import Match, match, meaning
from components.trainer.state import Training

_Parameter = tuple[tf.Variable, Any]


def warm_start(new: Training, old: Training) -> list[str]:
    """Copies into `new` what it shares with `old`; the rest of `new` stays as it is, fresh.

    Vocabulary rows are matched by string, buckets by number where the rule that fills them is the same.

    Returns:
        What was not taken over, and why, a sentence each.
    """
    said = _labels(new, old)
    if said:
        return said
    shared, said = _columns(new, old)
    _copy(_parameters(new)["bias"], _parameters(old)["bias"], slice(None), slice(None))
    for name, (table, parameter) in _tables(new).items():
        found = _tables(old).get(name)
        for slot in table.slots:
            before = found and [one for one in found[0].slots if one.column == slot.column]
            if not found or not before:
                if slot.column in shared:
                    said.append(f"{slot.column}: its weights in {name} start fresh, the old model has none.")
                continue
            rows = shared[slot.column]
            _copy(parameter, found[1], slot.offset + rows.new, before[0].offset + rows.old)
    return said + _hidden(new, old)


def _labels(new: Training, old: Training) -> list[str]:
    if new.spec.label == old.spec.label:
        return []
    return [f"the label was {old.spec.label.kind} '{old.spec.label.key}': nothing is taken over."]


def _columns(new: Training, old: Training) -> tuple[dict[str, Match], list[str]]:
    """The shared rows of each column that both have, and what is to say about the others."""
    before = {column.name: column for column in old.layout.id_columns}
    shared, said = {}, []
    for column in new.layout.id_columns:
        if column.name not in before:
            said.append(f"{column.name}: new, starts fresh.")
            continue
        ours, theirs = meaning(new, column), meaning(old, before.pop(column.name))
        rows = shared[column.name] = match(ours, theirs)
        if ours.kind != theirs.kind:
            said.append(f"{column.name}: its buckets mean something else than before, starts fresh.")
        elif ours.strings is not None and theirs.strings is not None:
            known = len(set(ours.strings) & set(theirs.strings))
            fresh, gone = len(ours.strings) - known, len(theirs.strings) - known
            if fresh or gone:
                said.append(f"{column.name}: {known:,} strings are known, {fresh:,} start fresh, {gone:,} are gone.")
            if ours.buckets != theirs.buckets:
                said.append(f"{column.name}: it had {theirs.buckets} out-of-vocabulary buckets, all start fresh.")
        assert rows.new.size <= column.size
    said += [f"{name}: no longer there, its weights are gone." for name in before]
    return shared, said


def _tables(training: Training) -> dict[str, tuple[Table, _Parameter]]:
    """Every table with its parameter: "the wide part", "the embeddings of 16 (mean)"."""
    trainer = training.trainer
    found = {}
    for table, variable, optimizer in zip(training.layout.tables, trainer.model.tables, trainer.tables, strict=True):
        wide = table is training.layout.wide
        name = "the wide part" if wide else f"the embeddings of {table.width} ({table.pooling})"
        found[name] = (table, (variable, optimizer))
    return found


def _parameters(training: Training) -> dict[str, _Parameter]:
    """The parameters that are no tables: each variable with its optimizer."""
    trainer, hidden = training.trainer, training.trainer.model.hidden
    found: dict[str, _Parameter] = {"bias": (trainer.model.bias, trainer.bias)}
    if hidden:
        optimizers = iter(trainer.layers)
        for kind, variables in (("kernel", hidden.kernels), ("bias", hidden.biases)):
            for number, variable in enumerate(variables):
                found[f"hidden {kind} {number}"] = (variable, next(optimizers))
        for number, norm in enumerate(hidden.norms):
            found[f"norm {number}"] = (norm.scale, next(optimizers))
    return found


def _hidden(new: Training, old: Training) -> list[str]:
    ours, theirs = _parameters(new), _parameters(old)
    said = []
    for name, (variable, _) in ours.items():
        if name == "bias" or name == "hidden kernel 0":
            continue
        if name not in theirs or variable.shape != theirs[name][0].shape:
            said.append(f"{name}: the old model has none of this shape, starts fresh.")
            continue
        _copy(ours[name], theirs[name], slice(None), slice(None))
    said += _first_kernel(new, old, ours, theirs)
    _moving_averages(new, old)
    return said


def _first_kernel(
    new: Training, old: Training, ours: dict[str, _Parameter], theirs: dict[str, _Parameter]
) -> list[str]:
    """The first hidden layer's weights, input by input: inputs may have come, gone or moved."""
    name = "hidden kernel 0"
    if name not in ours:
        return []
    if name not in theirs or ours[name][0].shape[1] != theirs[name][0].shape[1]:
        return [f"{name}: the old model has none of this width, starts fresh."]
    before = {unit: row for row, unit in enumerate(_units(old.layout))}
    pairs = np.array([(row, before[unit]) for row, unit in enumerate(_units(new.layout)) if unit in before], np.int64)
    _copy(ours[name], theirs[name], *pairs.reshape(-1, 2).T)
    return []


def _units(layout: Layout) -> list[tuple[Any, ...]]:
    """A name for each input of the first hidden layer."""
    embedded: list[tuple[Any, ...]] = [
        (slot.column, table.width, table.pooling, dimension)
        for table in layout.embeddings
        for slot in table.slots
        for dimension in range(table.width)
    ]
    return embedded + [(name,) for name in layout.dense]


def _moving_averages(new: Training, old: Training) -> None:
    ours, theirs = new.trainer.model.hidden, old.trainer.model.hidden
    if ours and theirs:
        for norm, before in zip(ours.norms, theirs.norms, strict=False):
            if norm.mean.shape == before.mean.shape:
                norm.mean.assign(before.mean)
                norm.variance.assign(before.variance)


def _copy(new: _Parameter, old: _Parameter, to: Any, of: Any) -> None:
    """Rows `of` the old variable and its slots to rows `to` of the new; the slots of another optimizer start fresh."""
    (variable, optimizer), (before, old_optimizer) = new, old
    _copy_rows(variable, before, to, of)
    if optimizer.slots.keys() == old_optimizer.slots.keys():
        for name, slot in optimizer.slots.items():
            _copy_rows(slot, old_optimizer.slots[name], to, of)


def _copy_rows(variable: tf.Variable, before: tf.Variable, to: Any, of: Any) -> None:
    values = variable.numpy()
    values[to] = before.numpy()[of]
    variable.assign(values)
