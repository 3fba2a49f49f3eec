"""Where each id column lies in the model's tables: one table for the wide part, one for each kind of embedding."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from widedeep.components.common.errors import ConfigError
from widedeep.components.features.spec import Feature, FeatureSpec
from widedeep.components.features.transforms import MOST_IDS
from widedeep.components.transform import packed_columns

Variant = Literal["wide", "deep", "fm", "wide_deep"]
# root: a sum in which each of a column's m ids counts 1/sqrt(m), that of the wide part.
Pooling = Literal["mean", "sum", "root"]


@dataclass(frozen=True)
class Slot:
    """A column's rows in a table, `offset` to `offset + size - 1`, and its number among all id columns."""

    column: str
    index: int
    offset: int
    size: int


@dataclass(frozen=True)
class Table:
    """Rows of several columns side by side, so that one gather serves them all.

    An example's values are pooled in `cells` groups: by column, or, in the wide part, all in one.

    Attributes:
        slots: the columns.
        width: of a row.
        pooling: of an example's values in one cell.
        cells: of an example.
        has_sets: whether an example can have many ids of one column: of a set, or of a cross with a set.
    """

    slots: tuple[Slot, ...]
    width: int
    pooling: Pooling
    cells: int
    has_sets: bool = False

    @property
    def rows(self) -> int:
        """Rows of the table."""
        return sum(slot.size for slot in self.slots)


@dataclass(frozen=True)
class Layout:
    """A model's inputs: the id columns in tables, and the dense columns of the deep part.

    Attributes:
        wide: the table of the wide part, None in a deep model.
        embeddings: the tables of the deep part, none in a wide model.
        dense: names of the dense columns, none in a wide model.
        id_columns: all id columns that Transform writes.
    """

    wide: Table | None
    embeddings: tuple[Table, ...]
    dense: tuple[str, ...]
    id_columns: tuple[packed_columns.IdColumn, ...]

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables, the wide one first where there is one."""
        return self.embeddings if self.wide is None else (self.wide, *self.embeddings)

    @property
    def has_crosses(self) -> bool:
        """Whether the wide part has weights of crosses."""
        return self.wide is not None and any(self.id_columns[slot.index].feature is None for slot in self.wide.slots)

    @property
    def deep_width(self) -> int:
        """Width of the deep part's input layer."""
        return len(self.dense) + sum(table.cells * table.width for table in self.embeddings)

    def deep_features(self, spec: FeatureSpec) -> list[Feature]:
        """The feature of each column of the deep part's input layer, in order."""
        features: list[Feature] = []
        for table in self.embeddings:
            for slot in table.slots:
                feature = self.id_columns[slot.index].feature
                assert feature is not None, "no cross has an embedding"
                features += [feature] * table.width
        return features + [
            f for f in spec.inputs.values() if self.dense and packed_columns.needs_value(f) for _ in range(2)
        ]

    def widths(self) -> dict[int, list[str]]:
        """The columns of embeddings by width, in the order of the deep part's input.

        Raises:
            ConfigError: no two are of one width, and so have no product.
        """
        columns: dict[int, list[str]] = {}
        for table in self.embeddings:
            columns.setdefault(table.width, []).extend(slot.column for slot in table.slots)
        if all(len(alike) < 2 for alike in columns.values()):
            widths = ", ".join(f"{alike[0]} {width}" for width, alike in columns.items()) or "none"
            raise ConfigError(
                f"training.deep.products multiplies embeddings of one width, and no two columns have that ({widths}): "
                "give two features embeddings of one width in features.yaml, or leave it out."
            )
        return columns


def make_layout(
    spec: FeatureSpec,
    vocabulary_sizes: dict[str, int],
    variant: Variant,
    outputs: int = 1,
    cut: Collection[str] = (),
) -> Layout:
    """Lays the declared columns out.

    Args:
        spec: the declaration.
        vocabulary_sizes: strings in each vocabulary, as Transform found them.
        variant: which part of the model there is.
        outputs: logits of an example, which is the wide table's width.
        cut: names of the columns whose ids Transform makes of more buckets than the declaration has.

    Raises:
        ConfigError: the variant has no input, or a table is too large.
    """
    id_columns = tuple(packed_columns.id_columns(spec, vocabulary_sizes, cut))
    wide, embeddings, dense = None, [], []
    if variant != "deep":
        members = [index for index, column in enumerate(id_columns) if _is_wide(column, variant)]
        wide = _table(id_columns, members, outputs, "root", together=True)
        _check_role(bool(wide.slots), variant, "wide", "wide: true, or a cross")
    if variant != "wide":
        # The products of a factorization machine are of vectors of one width.
        width = outputs * max((column.embedding or 0 for column in id_columns), default=0) if variant == "fm" else None
        kinds: dict[tuple[int, Pooling], list[int]] = {}
        for index, column in enumerate(id_columns):
            if column.embedding:
                kinds.setdefault((width or column.embedding, column.pooling), []).append(index)
        embeddings = [_table(id_columns, indices, *kind) for kind, indices in sorted(kinds.items())]
        dense = packed_columns.dense_columns(spec)
        _check_role(bool(embeddings or dense), variant, "deep", "deep")
    return Layout(wide, tuple(embeddings), tuple(dense), id_columns)


def _is_wide(column: packed_columns.IdColumn, variant: Variant) -> bool:
    if variant == "fm":
        return column.feature is not None and (column.wide or bool(column.embedding))
    return column.wide


def _table(
    id_columns: tuple[packed_columns.IdColumn, ...],
    members: Iterable[int],
    width: int,
    pooling: Pooling,
    together: bool = False,
) -> Table:
    slots, offset = [], 0
    for index in members:
        slots.append(Slot(id_columns[index].name, index, offset, id_columns[index].size))
        offset += id_columns[index].size
    if offset > MOST_IDS:
        largest = max(slots, key=lambda slot: slot.size)
        raise ConfigError(
            f"the columns that are {width} wide have {offset:,} ids together, more than {MOST_IDS:,}: "
            f"give the largest, '{largest.column}' with {largest.size:,}, fewer buckets or a smaller vocabulary."
        )
    has_sets = any(id_columns[slot.index].has_sets for slot in slots)
    return Table(tuple(slots), width, pooling, 1 if together else len(slots), has_sets)


def _check_role(has_role: bool, variant: Variant, part: str, role: str) -> None:
    if not has_role:
        other = "deep" if part == "wide" else "wide"
        raise ConfigError(
            f"training.model is '{variant}', and no feature in features.yaml is {role}: "
            f"give one that role, or set training.model to '{other}'."
        )
