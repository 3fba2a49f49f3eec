"""Rows for the declarations that were written by hand, on the splits of a draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from benchmarks.drafts.split_columns import SplitColumns
from benchmarks.harness.data_steps import SPLITS
from widedeep.components.common.errors import WideDeepError
from widedeep.pipeline import datasets
from widedeep.pipeline.datasets import census

# Where the rows are of the files that the draft was made of, and where rows that are written go.
Writing = Callable[[Path, Mapping[str, SplitColumns], Path], Path]


def adult(data: Path, splits: Mapping[str, SplitColumns], folder: Path) -> Path:  # noqa: ARG001
    """The draft's rows with the names, and the missing values, of schema/census."""
    for split, columns in splits.items():
        values = {**columns.numbers, **columns.categories}
        rows = {ours: values[_key(source)] for ours, source in census.COLUMNS.items() if ours != "label"}
        frame = pd.DataFrame(rows)
        frame = frame.mask(frame == "?").assign(label=columns.label.astype(int))
        whole = {name: frame[name].astype("Int64") for name in frame if frame[name].dtype == np.float64}
        (folder / split).mkdir(parents=True)
        frame.assign(**whole).to_csv(folder / split / "data.csv", index=False)
    return folder


def movielens(data: Path, splits: Mapping[str, SplitColumns], folder: Path) -> Path:  # noqa: ARG001
    """The rows of schema/movielens, each in the split that its user and movie have in the draft."""
    datasets.prepare("movielens", folder / "own")
    rows = pd.concat([pq.read_table(folder / "own" / split / "data.parquet").to_pandas() for split in SPLITS])
    pairs = pd.MultiIndex.from_frame(rows[["user_id", "movie_id"]])
    for split, columns in splits.items():
        of_split = pd.MultiIndex.from_arrays([columns.categories["user_id"], columns.categories["movie_id"]])
        chosen = rows[pairs.isin(of_split)]
        if len(chosen) != len(of_split):
            raise WideDeepError(f"{split} has {len(of_split)} ratings, of which {len(chosen)} were found")
        (folder / "cut" / split).mkdir(parents=True)
        chosen.to_parquet(folder / "cut" / split / "data.parquet", index=False)
    return folder / "cut"


def frappe(data: Path, splits: Mapping[str, SplitColumns], folder: Path) -> Path:  # noqa: ARG001
    """The files that the draft was made of: they are split already."""
    return data


WRITINGS: dict[str, Writing] = {"adult": adult, "movielens": movielens, "frappe": frappe}


def _key(column: str) -> str:
    return column.replace("-", "_")
