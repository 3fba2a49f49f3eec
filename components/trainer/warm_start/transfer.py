"""Starts a training from an earlier one: weights and optimizers' slots, row by row of the same meaning.

Of the wide table FTRL's sums are taken over, from which its weights follow.
"""

from __future__ import annotations

import numpy as np

from widedeep.components.trainer.model.ftrl_table import FtrlTable
from widedeep.components.trainer.model.layout import Table
from widedeep.components.trainer.training.optimizers import Optimizer
from widedeep.components.trainer.training.state import Training
from widedeep.components.trainer.warm_start.layers import warm_start_layers
from widedeep.components.trainer.warm_start.meaning import Match, match, meaning
from widedeep.components.trainer.warm_start.parameters import take
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
    take(new.trainer.bias, old.trainer.bias)
    notes += _tables(new, old, shared)
    wide = new.trainer.model.wide
    # Else another rate or penalty would rescale all weights, and bring up some that L1 held at 0.
    if isinstance(wide, FtrlTable) and new.options.wide != old.options.wide:
        wide.refit(old.options.wide)
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


def _tables(new: Training, old: Training, shared: dict[str, Match]) -> list[str]:
    """Takes the shared rows of all columns over, a table at a time."""
    before, notes = _by_name(old), []
    names = {column.name: _display_name(column) for column in new.layout.id_columns}
    for name, (table, optimizer) in _by_name(new).items():
        table_before, optimizer_before = before.get(name, (None, optimizer))
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
            take(optimizer, optimizer_before, Match(*both))
    return notes


def _by_name(training: Training) -> dict[str, tuple[Table, Optimizer]]:
    """Every table with its optimizer: "the wide part", "the embeddings of 16 (mean)"."""
    tables = {}
    for table, optimizer in zip(training.layout.tables, training.trainer.tables, strict=True):
        wide = table is training.layout.wide
        name = "the wide part" if wide else f"the embeddings of {table.width} ({table.pooling})"
        tables[name] = (table, optimizer)
    return tables
