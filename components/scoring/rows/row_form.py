"""How the rows that are scored are written, and which of their columns are read."""

from __future__ import annotations

from dataclasses import dataclass

from widedeep.components.features.spec import FeatureSpec
from widedeep.components.ingest.arrow_columns import column_kinds, number_columns
from widedeep.components.ingest.csv_files.dialect import PLAIN, CsvDialect


@dataclass(frozen=True)
class RowForm:
    """The form of some rows.

    Attributes:
        spec: the model's declaration.
        file_format: one of `widedeep.components.ingest.raw_files.FORMATS`.
        dialect: of text files.
        keep: raw columns that go with the scores.
        labelled: whether label and weight are read, too.
    """

    spec: FeatureSpec
    file_format: str
    dialect: CsvDialect = PLAIN
    keep: tuple[str, ...] = ()
    labelled: bool = False

    @property
    def needed(self) -> list[str]:
        """Names of the raw columns that are read."""
        keys = column_kinds(self.spec, self.labelled)
        return list(dict.fromkeys([*(self.spec.columns[key] for key in keys), *self.keep]))

    @property
    def features(self) -> frozenset[str]:
        """Names of the raw columns that are features."""
        return frozenset(self.spec.columns[feature.key] for feature in self.spec.features)

    @property
    def separators(self) -> dict[str, str]:
        """Of the columns that hold sets, what stands between the members in a text."""
        return {self.spec.columns[each.key]: each.separator for each in self.spec.features if each.kind == "set"}

    @property
    def words(self) -> frozenset[str]:
        """Names of the columns that hold categories."""
        return frozenset(self.spec.columns[each.key] for each in self.spec.features if each.kind == "categorical")

    @property
    def numbers(self) -> set[str]:
        """Names of the columns that hold numbers."""
        return number_columns(self.spec, self.labelled)

    @property
    def optional(self) -> frozenset[str]:
        """Of the columns that are read those that rows may lack: such a feature is missing in them all."""
        columns = self.spec.columns
        must = {columns[feature.key] for feature in self.spec.features if feature.required}
        label = {columns[self.spec.label.key]} if self.labelled else set()
        return frozenset(set(self.needed) - must - label - set(self.keep))
