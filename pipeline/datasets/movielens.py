"""MovieLens-100K as Parquet: one row a rating, with what was known about the user at that moment.

A user's ratings are ordered by timestamp, those of one second by movie number. (A user's ratings
often share a second: two do on average.) The split follows that order, so a second may lie on both
sides of it; the history (history.py) never holds anything of the row's own second.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from widedeep.pipeline.datasets.files import Split, describe, split_path, write_csv
from widedeep.pipeline.datasets.history import LIKED, RECENT, Impression, Rating, with_history
from widedeep.pipeline.datasets.splits import SPLITS, split_in_time
from widedeep.pipeline.datasets.wheel import FILE_NAME, SHA256, read_columns

SCHEMA = pa.schema(
    [
        ("user_id", pa.string()),
        ("age", pa.float32()),  # years
        ("gender", pa.string()),
        ("occupation", pa.string()),
        ("zip", pa.string()),
        ("movie_id", pa.string()),
        ("release_year", pa.float32()),  # null where unknown
        ("genres", pa.list_(pa.string())),
        ("hour", pa.string()),  # "0" to "23", UTC
        ("weekday", pa.string()),  # "Mon" to "Sun", UTC
        ("history", pa.list_(pa.string())),  # movie ids, the most recent last
        ("recent_likes", pa.float32()),  # of the last ten ratings; null before the first
        ("timestamp", pa.int64()),  # seconds since 1970, UTC; no feature
        ("label", pa.int64()),
    ]
)

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday
_HOUR = 3600  # seconds
_DAY = 24 * _HOUR
_GENRES = 19  # flags, the last columns of the movies

SOURCE = f"""\
MovieLens-100K: 100,000 ratings by 943 users of 1,682 movies, 1997-09-20 to 1998-04-22.

Origin: collected by the GroupLens research group, University of Minnesota. Read from the Parquet
copies inside the Python wheel {FILE_NAME}
(sha256 {SHA256}).
Ours: the label (1 for {LIKED} stars or more), the history, the share of likes among the last {RECENT}
ratings, the hour and weekday (UTC), and the split (by user, in time: the first 80 % train, the next
10 % eval, the last 10 % test).

Terms (GroupLens): for research. Not for commercial use, and not to be passed on, without their
permission; to be acknowledged in publications, without a claim that they endorse you. The wheel's
own licence is that of its code, not of this data.
"""

Rows = dict[int, dict[str, Any]]


def write(folder: Path) -> dict[str, Split]:
    """Writes the three splits, SOURCE.txt and movies.csv (titles, for people) to `folder`.

    Raises:
        DataError: the wheel that carries the data can't be fetched.
    """
    users = _by_key("MovieLens100k_users.parquet.brotli", "user_id")
    movies = _by_key("MovieLens100k_items.parquet.brotli", "movie_id")
    data = read_columns("MovieLens100k_data.parquet.brotli")
    fields = (data["user_id"], data["timestamp"], data["movie_id"], data["rating"])
    parts: dict[str, list[Impression]] = {split: [] for split in SPLITS}
    for _, group in groupby(sorted(map(Rating, *fields)), key=attrgetter("user")):
        impressions = list(with_history(group))
        for position, impression in enumerate(impressions):
            parts[split_in_time(position, len(impressions))].append(impression)
    (folder / "SOURCE.txt").write_text(SOURCE, encoding="utf-8")
    titles = ((str(key), movies[key]["movie_title"].strip()) for key in sorted(movies))
    write_csv(folder / "movies.csv", ("movie_id", "title"), titles)
    return {split: _write_split(folder, split, parts[split], users, movies) for split in SPLITS}


def _by_key(member: str, key: str) -> Rows:
    columns = read_columns(member)
    rows = zip(*columns.values(), strict=True)
    return {row[key]: row for row in (dict(zip(columns, row, strict=True)) for row in rows)}


def _write_split(folder: Path, split: str, impressions: list[Impression], users: Rows, movies: Rows) -> Split:
    # As a server would have seen them: by time, then user, then movie.
    ordered = sorted(impressions, key=_serving_order)
    rows = [_row(impression, users[impression.rating.user], movies[impression.rating.movie]) for impression in ordered]
    path = split_path(folder, split, "parquet")
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path)
    return describe(path, [row["label"] for row in rows])


def _serving_order(impression: Impression) -> tuple[int, int, int]:
    rating = impression.rating
    return rating.timestamp, rating.user, rating.movie


def _row(impression: Impression, user: dict[str, Any], movie: dict[str, Any]) -> dict[str, Any]:
    rating, released = impression.rating, movie["release_date"]
    return {
        "user_id": str(rating.user),
        "age": user["age"],
        "gender": user["gender"],
        "occupation": user["occupation"],
        "zip": user["zip_code"],
        "movie_id": str(rating.movie),
        "release_year": float(released[-4:]) if released else None,  # "01-Jan-1995"
        "genres": [genre for genre in list(movie)[-_GENRES:] if movie[genre]],
        "hour": str(rating.timestamp // _HOUR % 24),
        "weekday": _WEEKDAYS[(rating.timestamp // _DAY + _EPOCH_WEEKDAY) % 7],
        "history": [str(movie_id) for movie_id in impression.history],
        "recent_likes": impression.recent_likes,
        "timestamp": rating.timestamp,
        "label": int(rating.liked),
    }
