"""Ranking requests of real rows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from widedeep.components.common.errors import DataError
from widedeep.serving.client.candidates import Row
from widedeep.serving.client.signature import Features, Side


class RankRequest(NamedTuple):
    """A user with the moment, and the candidates."""

    user: Row
    candidates: list[Row]


def requests(rows: Sequence[Row], features: Features, candidates: int, where: str) -> Iterator[RankRequest]:
    """Requests without end: each has the user of one row, and the candidates of that row and of those after it.

    Args:
        rows: impressions: a user and a candidate each. Columns that are no features are not sent.
        features: the model's.
        candidates: of each request; where there are fewer rows they come again.
        where: the rows' file, for errors.

    Raises:
        DataError: the rows have no feature of a candidate.
    """
    sides: dict[Side, list[Row]] = {
        side: [
            {name: value for name, value in row.items() if name in features and features[name].side == side}
            for row in rows
        ]
        for side in ("user", "candidate")
    }
    if not any(sides["candidate"]):
        names = ", ".join(sorted(name for name, feature in features.items() if feature.side == "candidate"))
        raise DataError(f"{where}: has the columns {', '.join(rows[0])}, but a candidate's features are {names}.")
    for start in itertools.count():
        first = start % len(rows)
        yield RankRequest(
            sides["user"][first],
            [sides["candidate"][(first + number) % len(rows)] for number in range(candidates)],
        )
