"""Where each column's ids lie in the model's tables: one table for the wide part, one for each embedding size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from components.features.spec import FeatureSpec
from components.transform import columns


@dataclass(frozen=True)
class Slot:
    """A column's rows in a table: `offset` to `offset + size - 1`."""

    column: str
    offset: int
    size: int


@dataclass(frozen=True)
class Table:
    """Rows of several columns side by side, so that one gather serves them all."""

    slots: tuple[Slot, ...]
    width: int

    @property
    def rows(self) -> int:
        """Rows of the table."""
        return sum(slot.size for slot in self.slots)


@dataclass(frozen=True)
class Layout:
    """The model's inputs: id columns in tables, and the dense columns of the deep part."""

    wide: Table
    embeddings: tuple[Table, ...]
    dense: tuple[str, ...]

    @property
    def id_columns(self) -> set[str]:
        """Names of all columns of ids."""
        return {slot.column for table in (self.wide, *self.embeddings) for slot in table.slots}

    @property
    def deep_width(self) -> int:
        """Width of the deep part's input layer."""
        return len(self.dense) + sum(len(table.slots) * table.width for table in self.embeddings)


def make_layout(spec: FeatureSpec, vocabulary_sizes: dict[str, int]) -> Layout:
    """Lays the declared columns out, given the sizes that Transform found."""
    found = list(columns.id_columns(spec, vocabulary_sizes))
    widths = sorted({column.embedding for column in found if column.embedding})
    dense = [
        name(feature)
        for feature in spec.features
        if columns.needs_value(feature)
        for name in (columns.value, columns.missing)
    ]
    return Layout(
        wide=_table((column for column in found if column.wide), 1),
        embeddings=tuple(_table((c for c in found if c.embedding == width), width) for width in widths),
        dense=tuple(dense),
    )


def _table(members: Iterable[columns.IdColumn], width: int) -> Table:
    slots, offset = [], 0
    for column in members:
        slots.append(Slot(column.name, offset, column.size))
        offset += column.size
    return Table(tuple(slots), width)
