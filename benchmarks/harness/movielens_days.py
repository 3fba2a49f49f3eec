"""MovieLens-100K in days: each user's ratings in the order of time, cut by their share."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

# From and to which percent of each user's ratings a day's splits reach.
Days = dict[int, dict[str, tuple[float, float]]]
FIVE: Days = {
    day: {
        "train": (20 * day - 20, 20 * day - 6),
        "eval": (20 * day - 6, 20 * day - 3),
        "test": (20 * day - 3, 20 * day),
    }
    for day in range(1, 6)
}


def by_share(folder: Path) -> pa.Table:
    """The ratings of a prepared data set, with each one's place among its user's: `share` in percent."""
    table = pa.concat_tables(pq.read_table(folder / split / "data.parquet") for split in ("train", "eval", "test"))
    table = table.sort_by([(key, "ascending") for key in ("user_id", "timestamp", "movie_id")])
    users = table["user_id"].to_numpy(zero_copy_only=False)
    first = np.searchsorted(users, users, side="left")
    last = np.searchsorted(users, users, side="right")
    place = np.arange(len(users)) - first
    return table.append_column("share", pa.array(100 * place / (last - first)))


def write_day(data: Path, day: int, splits: dict[str, tuple[float, float]], ratings: pa.Table) -> dict[str, int]:
    """Writes a day's folder anew, and says how many rows each split has."""
    rows = {}
    shutil.rmtree(data / f"day-{day}", ignore_errors=True)
    for split, (low, high) in splits.items():
        table = ratings.filter(pc.and_(pc.greater_equal(ratings["share"], low), pc.less(ratings["share"], high)))
        path = data / f"day-{day}" / split / "data.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(table.drop_columns("share").sort_by("timestamp"), path)
        rows[split] = table.num_rows
    return rows


def in_months(ratings: pa.Table) -> pa.Table:
    """The same with the column `age` in another unit."""
    place = ratings.column_names.index("age")
    return ratings.set_column(place, "age", pc.multiply(ratings["age"], 12))
