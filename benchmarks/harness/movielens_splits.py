"""MovieLens-100K cut and grown: split at random, as the literature often does, and repeated with new ids."""

from __future__ import annotations

import math
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.harness.data_steps import SPLITS
from widedeep.pipeline import datasets

SEED = 42
# Columns of ids, of users and of movies, which a copy has of its own.
_IDS = ("user_id", "movie_id", "history")


def movielens(folder: Path) -> Path:
    """The folder, filled as by `widedeep data movielens` where it is absent."""
    if not folder.exists():
        click.echo(f"writing MovieLens-100K to {folder}", err=True)
        datasets.prepare("movielens", folder)
    return folder


def at_random(source: Path, target: Path) -> Path:
    """All rows of the three splits, 80 % / 10 % / 10 % by chance, to the same layout under `target`.

    A row's history still holds what its user had liked before it, and nothing later.
    """
    _write(_shuffled(source), target, "data")
    return target


def repeated(source: Path, target: Path, rows: int) -> Path:
    """So many rows, split in the same way: up to all of `source` by chance, then again and again with new ids.

    A copy has users and movies of its own, so that vocabularies and crosses grow with the rows. It has a file of its
    own in each split, too.
    """
    whole = _shuffled(source)
    for copy in range(math.ceil(rows / len(whole))):
        part = whole.slice(0, min(len(whole), rows - copy * len(whole)))
        _write(renamed(part, f"-{copy}"), target, f"copy-{copy:03d}")
    return target


def first_rows(source: Path, target: Path, rows: int | None) -> Path:
    """The data with so many rows of each split, in a folder of its own; `source` itself where all are wanted."""
    if rows is None:
        return source
    for split in SPLITS:
        (target / split).mkdir(parents=True)
        pq.write_table(pq.read_table(source / split).slice(0, rows), target / split / "data.parquet")
    return target


def renamed(table: pa.Table, suffix: str) -> pa.Table:
    """The same rows with `suffix` behind each user's and movie's id."""
    for name in _IDS:
        column = table.column(name).combine_chunks()
        if pa.types.is_list(column.type):
            values = pc.binary_join_element_wise(column.flatten(), suffix, "")
            ids = pa.ListArray.from_arrays(column.offsets, values)
        else:
            ids = pc.binary_join_element_wise(column, suffix, "")
        table = table.set_column(table.column_names.index(name), name, ids)
    return table


def _shuffled(source: Path) -> pa.Table:
    table = pa.concat_tables([pq.read_table(source / split / "data.parquet") for split in SPLITS])
    return table.take(np.random.default_rng(SEED).permutation(len(table)))


def _write(table: pa.Table, target: Path, name: str) -> None:
    cuts = (0, len(table) * 8 // 10, len(table) * 9 // 10, len(table))
    for split, start, stop in zip(SPLITS, cuts[:-1], cuts[1:], strict=True):
        (target / split).mkdir(parents=True, exist_ok=True)
        pq.write_table(table.slice(start, stop - start), target / split / f"{name}.parquet")
