"""Ranking requests of rows."""

from __future__ import annotations

import itertools

import pytest

from widedeep.components.common.errors import DataError
from widedeep.serving.client.signature import Feature
from widedeep.serving.load.rank_requests import RankRequest, requests

FEATURES = {
    feature.name: feature
    for feature in (
        Feature("age", "user", "number", required=False),
        Feature("movie", "candidate", "text", required=True),
    )
}
ROWS = [{"age": float(number), "movie": f"m{number}", "label": 1.0} for number in range(3)]


def test_each_has_a_rows_user_and_the_candidates_from_there_on() -> None:
    made = list(itertools.islice(requests(ROWS, FEATURES, 2, "rows.csv"), 4))
    first = RankRequest({"age": 0.0}, [{"movie": "m0"}, {"movie": "m1"}])
    assert made == [
        first,
        RankRequest({"age": 1.0}, [{"movie": "m1"}, {"movie": "m2"}]),
        RankRequest({"age": 2.0}, [{"movie": "m2"}, {"movie": "m0"}]),
        first,
    ]


def test_more_candidates_than_rows_come_again() -> None:
    made = next(requests(ROWS, FEATURES, 5, "rows.csv"))
    assert [row["movie"] for row in made.candidates] == ["m0", "m1", "m2", "m0", "m1"]


def test_rows_of_something_else_are_refused() -> None:
    with pytest.raises(
        DataError, match=r"^rows\.csv: has the columns film, year, but a candidate's features are movie\.$"
    ):
        next(requests([{"film": "x", "year": 1.0}], FEATURES, 2, "rows.csv"))
