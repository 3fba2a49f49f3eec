"""Which impressions an action followed in time, against a join pair by pair."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from widedeep.components.outcomes.matching import LogColumns, match

COLUMNS = LogColumns("time", "id", "rank", "app")
WITHIN = 10
Shown = list[tuple[int, str, str | None]]  # time, request, candidate
Acted = list[tuple[int, str | None, str | None]]


def joined(shown: Shown, acted: Acted) -> tuple[list[dict[str, Any]], dict[str, int]]:
    impressions = pa.table(
        {
            "time": pa.array([time for time, *_ in shown], pa.timestamp("us", "UTC")),
            "id": pa.array([request for _, request, _ in shown], pa.string()),
            "rank": pa.array(range(len(shown)), pa.int32()),
            "app": pa.array([candidate for *_, candidate in shown], pa.string()),
        }
    )
    actions = pa.table(
        {
            "request": pa.array([request for _, request, _ in acted], pa.string()),
            "app": pa.array([candidate for *_, candidate in acted], pa.string()),
            "acted": pa.array([time for time, *_ in acted], pa.int64()),
        }
    )
    rows, record = match(impressions, actions, COLUMNS, "label", WITHIN)
    return rows.to_pylist(), record.model_dump()


def test_an_action_counts_from_its_impression_to_the_window_s_end() -> None:
    shown: Shown = [(100, "r", "a"), (100, "r", "b"), (100, "r", "c"), (100, "r", "d"), (90, "q", "a")]
    acted: Acted = [(100, "r", "a"), (110, "r", "b"), (111, "r", "c"), (99, "r", "d"), (95, "q", "z"), (105, "x", "a")]
    rows, counts = joined(shown, acted)
    assert [(row["id"], row["app"], row["label"]) for row in rows] == [
        ("q", "a", 0),
        ("r", "a", 1),
        ("r", "b", 1),
        ("r", "c", 0),
        ("r", "d", 0),
    ]
    assert counts == {
        "impressions": 5,
        "positives": 2,
        "taken": 2,
        "repeated": 0,
        "late": 1,
        "early": 1,
        "unshown": 2,
    }


def test_the_second_action_is_a_repetition() -> None:
    rows, counts = joined([(100, "r", "a")], [(101, "r", "a"), (105, "r", "a"), (120, "r", "a")])
    assert [row["label"] for row in rows] == [1]
    assert (counts["taken"], counts["repeated"], counts["late"]) == (1, 1, 1)


requests, candidates = st.sampled_from("pqr"), st.sampled_from([*"abc", None])
# The moment of a request is one for all of its candidates.
MOMENTS = {"p": 5, "q": 20, "r": 21}


@settings(max_examples=100)
@given(
    st.lists(st.tuples(requests, candidates), max_size=12),
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from([*"pqrs", None]), candidates), max_size=12),
)
def test_the_join_is_that_of_all_pairs(pairs: list[tuple[str, str | None]], acted: Acted) -> None:
    shown: Shown = [(MOMENTS[request], request, candidate) for request, candidate in pairs]
    rows, counts = joined(shown, acted)
    wanted = {"taken": 0, "repeated": 0, "late": 0, "early": 0, "unshown": 0}
    positive: set[tuple[str, str]] = set()
    for time, request, candidate in acted:
        if request is None or candidate is None or (request, candidate) not in pairs:
            wanted["unshown"] += 1
        elif time < MOMENTS[request]:
            wanted["early"] += 1
        elif time > MOMENTS[request] + WITHIN:
            wanted["late"] += 1
        else:
            wanted["repeated" if (request, candidate) in positive else "taken"] += 1
            positive.add((request, candidate))
    for row in rows:
        assert row["label"] == ((row["id"], row["app"]) in positive)
    assert len(rows) == len(shown)
    assert counts == {"impressions": len(shown), "positives": sum(row["label"] for row in rows), **wanted}
    assert [(row["time"], row["id"]) for row in rows] == sorted((row["time"], row["id"]) for row in rows)
