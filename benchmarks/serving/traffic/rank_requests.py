"""Whom the servers of benchmarks/serving/suite.py are asked about: real users and movies of MovieLens' test split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from widedeep.components.features.spec import FeatureSpec

Row = dict[str, Any]
ITEM = "movie_id"


@dataclass(frozen=True)
class RankRequest:
    """A ranking request: the user's features with the moment's, and each candidate's."""

    user: Row
    candidates: list[Row]


def read(data: Path) -> list[Row]:
    """The rows of the test split."""
    rows: list[Row] = pq.read_table(data / "test" / "data.parquet").to_pylist()
    return rows


def requests(rows: Sequence[Row], spec: FeatureSpec, candidates: int) -> list[RankRequest]:
    """A request for each user, as of its last row, those with the most rows first.

    The candidates are the movies of the user's own rows, and after them those that others rated most often, none twice.

    Args:
        rows: of the data set.
        spec: its declaration.
        candidates: of each request.
    """
    movies: dict[str, Row] = {}
    own: dict[str, list[Row]] = {}
    for row in rows:
        movies.setdefault(row[ITEM], _side(row, spec, "candidate"))
        own.setdefault(row["user_id"], []).append(row)
    often = [item for item, _ in Counter(row[ITEM] for row in rows).most_common()]
    made = []
    for mine in sorted(own.values(), key=len, reverse=True):
        chosen = list(dict.fromkeys([row[ITEM] for row in mine] + often))[:candidates]
        made.append(RankRequest(_side(mine[-1], spec, "context"), [movies[item] for item in chosen]))
    return made


def joined(request: RankRequest) -> Iterator[Row]:
    """A whole row for each candidate, as a signature wants it that knows no sides."""
    for candidate in request.candidates:
        yield request.user | candidate


def _side(row: Row, spec: FeatureSpec, side: str) -> Row:
    return {feature.key: row[feature.key] for feature in spec.features if feature.side == side}
