"""Which columns are wanted of a raw file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from widedeep.components.common.errors import DataError, shown
from widedeep.components.common.settings import near, nearest
from widedeep.components.features.names import declared_as, key_for
from widedeep.components.ingest.csv_files.dialect import CsvDialect

# Of a block, at most.
BATCH_ROWS = 8192


class Query(NamedTuple):
    """A query to a database.

    Attributes:
        text: in SQL.
        connection: the environment variable that holds the database's address.
        digest: of the rows that are expected; empty where any are.
    """

    text: str
    connection: str
    digest: str = ""


class BrokenRow(NamedTuple):
    """A row of text that can't be told apart into columns: its number from 1, what is wrong, and the text."""

    row: int
    reason: str
    text: str


@dataclass(frozen=True)
class WantedColumns:
    """What is wanted of a file.

    Attributes:
        path: the file, or what stands for it in errors.
        needed: names of the declared columns.
        in_folders: those of them that all rows have alike, where the file itself lacks them: by the names of its
            folders, or as the label of positives.
        dialect: of a text file.
        undeclared: gets the names of the others.
        separators: of the columns that hold sets, what stands between the members in a text.
        words: the columns that hold categories.
        numbers: the columns that hold numbers.
        asked_by: of columns that features.yaml does not declare, what names them.
        query: that gives the rows instead of a file.
        broken: gets the rows of CSV and JSON lines that can't be told apart into columns, which are then given
            without any value; None: such a row is an error.
    """

    path: str
    needed: list[str]
    in_folders: Collection[str]
    dialect: CsvDialect
    undeclared: set[str]
    separators: Mapping[str, str] = field(default_factory=dict)
    words: Collection[str] = ()
    numbers: Collection[str] = ()
    asked_by: Mapping[str, str] = field(default_factory=dict)
    query: Query | None = None
    broken: list[BrokenRow] | None = None

    def of(self, names: Sequence[str], barred: Collection[str] = ()) -> list[str]:
        """Which columns to read.

        Args:
            names: of all columns that the file has.
            barred: those that it says no model may read.

        Raises:
            DataError: one is missing, barred, or stands there twice.
        """
        for name in self.needed:
            if name in barred and name not in self.asked_by:
                raise DataError(
                    f"{self.path}: features.yaml declares the column '{name}', and the file says that no model may "
                    "read it: it tells the label, and no server will know it. Take it out of features.yaml."
                )
        self.undeclared.update(set(names) - set(self.needed))
        count = Counter(names)
        for name in self.needed:
            if name not in count and name not in self.in_folders:
                asked_by = self.asked_by.get(name)
                others = set(names) if asked_by else self.undeclared
                hint = nearest(name, others) if asked_by else _meant(name, others)
                raise DataError(
                    f"{self.path}: there is no column '{name}', which {asked_by or 'features.yaml declares'}"
                    f"{': ' + hint if others else ', and no other column that it could be.'}"
                )
            if count[name] > 1:
                raise DataError(
                    f"{self.path}: the column '{name}' stands {count[name]} times in the header. Rename the others."
                )
        return [name for name in self.needed if name in count]

    def check_meant(self, name: str) -> None:
        """Refuses to do without a column where another one may be meant. Raises DataError."""
        if near(name, self.undeclared):
            raise DataError(f"{self.path}: there is no column '{name}': {_meant(name, self.undeclared)}")


def _meant(name: str, undeclared: set[str]) -> str:
    """Which of the columns that are not declared is meant."""
    for column in sorted(undeclared):
        if key_for(column) == name:
            return f"if {shown(column)} is meant, write {declared_as(column)}."
    hint = nearest(name, undeclared)
    return hint.replace("known are:", "the columns that features.yaml does not name are:")
