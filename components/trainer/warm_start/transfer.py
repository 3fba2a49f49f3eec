"""Starts a training from an earlier one: weights and optimizers' slots, row by row of the same meaning.

FTRL derives a weight from its slots: a weight that comes without them is gone at its first update.
"""

from __future__ import annotations

import numpy as np

from widedeep.components.trainer.model.layout import Table
from widedeep.components.trainer.training.state import Training
from widedeep.components.trainer.training_options import WideOptions
from widedeep.components.trainer.warm_start.layers import warm_start_layers
from widedeep.components.trainer.warm_start.meaning import Match, match, meaning
from widedeep.components.trainer.warm_start.parameters import Parameter
from widedeep.components.transform import packed_columns


def warm_start(new: Training, old: Training) -> list[str]:
    """Copies into `new` what it shares with `old`; the rest of `new` stays as it is, fresh.

    Vocabulary rows are matched by string, buckets by number where the rule that fills them is the same.

    Returns:
        What was not taken over, and why, a sentence each.
    """
    label = old.spec.label
    if new.spec.label != label:
        classes = f" of {label.classes} classes" if label.classes else ""
        rule = f", by {label.line(**label.rule)}" if label.rule else ""
        return [f"the label was {label.kind} '{label.key}'{classes}{rule}: nothing is taken over."]
    shared, notes = _columns(new, old)
    _bias(new).take(_bias(old))
    notes += _tables(new, old, shared)
    if new.options.wide != old.options.wide:
        _refit(new)
    optimizer = old.options.deep.optimizer
    if new.layout.deep_width and old.layout.deep_width and new.options.deep.optimizer != optimizer:
        notes.append(f"the optimizer of the deep part was {optimizer}: its memory of gradients is gone.")
    return notes + warm_start_layers(new, old)


def _columns(new: Training, old: Training) -> tuple[dict[str, Match], list[str]]:
    """The shared rows of each column that both have, and what is to say about the others."""
    before = {column.name: column for column in old.layout.id_columns}
    shared, notes = {}, []
    for column in new.layout.id_columns:
        name = _display_name(column)
        if column.name not in before:
            notes.append(f"{name}: its ids are new, their weights start fresh.")
            continue
        ours, theirs = meaning(new, column), meaning(old, before.pop(column.name))
        shared[column.name] = match(ours, theirs)
        if ours.kind != theirs.kind:
            notes.append(f"{name}: its ids mean something else than before, their weights start fresh.")
        elif ours.strings is not None and theirs.strings is not None:
            known = len(set(ours.strings) & set(theirs.strings))
            fresh, gone = len(ours.strings) - known, len(theirs.strings) - known
            if fresh or gone:
                notes.append(f"{name}: {known:,} strings are known, {fresh:,} start fresh, {gone:,} are gone.")
            if ours.buckets != theirs.buckets:
                notes.append(f"{name}: it had {theirs.buckets} out-of-vocabulary buckets, all start fresh.")
    lost = [_display_name(column) for column in before.values()]
    return shared, notes + [f"{name}: its ids are no longer there, their weights are gone." for name in lost]


def _display_name(column: packed_columns.IdColumn) -> str:
    return column.feature.key if column.feature else column.name


def _bias(training: Training) -> Parameter:
    return Parameter(training.trainer.model.bias, training.trainer.bias)


def _tables(new: Training, old: Training, shared: dict[str, Match]) -> list[str]:
    """Takes the shared rows of all columns over, a table at a time."""
    before, notes = _by_name(old), []
    names = {column.name: _display_name(column) for column in new.layout.id_columns}
    for name, (table, parameter) in _by_name(new).items():
        table_before, parameter_before = before.get(name, (None, parameter))
        offsets = {slot.column: slot.offset for slot in table_before.slots} if table_before else {}
        rows = []
        for slot in table.slots:
            if slot.column in shared and slot.column in offsets:
                match_ = shared[slot.column]
                rows.append(Match(slot.offset + match_.new, offsets[slot.column] + match_.old))
            elif slot.column in shared:
                notes.append(f"{names[slot.column]}: its weights in {name} start fresh, the old model has none.")
        if rows:
            both = [np.concatenate([getattr(match_, side) for match_ in rows]) for side in ("new", "old")]
            parameter.take(parameter_before, Match(*both))
    return notes


def _by_name(training: Training) -> dict[str, tuple[Table, Parameter]]:
    """Every table with its parameter: "the wide part", "the embeddings of 16 (mean)"."""
    trainer = training.trainer
    tables = {}
    for table, variable, optimizer in zip(training.layout.tables, trainer.model.tables, trainer.tables, strict=True):
        wide = table is training.layout.wide
        name = "the wide part" if wide else f"the embeddings of {table.width} ({table.pooling})"
        tables[name] = (table, Parameter(variable, optimizer))
    return tables


def _refit(training: Training) -> None:
    """Makes FTRL's slots those that give the present weights at the new rate and penalties.

    Else a weight's first update would also move it to what the new settings make of its old slots.
    """
    options = training.options.wide
    _refit_parameter(_bias(training), options.model_copy(update={"l1": 0.0, "l2": 0.0}))
    for table, parameter in _by_name(training).values():
        if table is training.layout.wide:
            _refit_parameter(parameter, options)


def _refit_parameter(parameter: Parameter, options: WideOptions) -> None:
    """Solves Ftrl's w(z) for z. Any z up to l1 gives a weight of 0: the nearest to what it was is kept."""
    weights, slots = parameter.variable.numpy(), parameter.optimizer.slots
    scale = np.sqrt(slots["accumulator"].numpy()) / options.learning_rate + 2 * options.l2
    at_zero = np.clip(slots["linear"].numpy(), -options.l1, options.l1)
    slots["linear"].assign(np.where(weights == 0, at_zero, -weights * scale - np.sign(weights) * options.l1))
