"""The rows of a log, against those written down in plain Python."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from widedeep.serving.client.candidate_columns import arrays
from widedeep.serving.client.signature import Feature
from widedeep.serving.request_log.entry import Entry
from widedeep.serving.request_log.log_rows import table

FEATURES = {
    "age": Feature("age", "user", "number", required=False),
    "city": Feature("city", "user", "text", required=False),
    "apps": Feature("apps", "user", "set", required=False),
    "app": Feature("app", "candidate", "text", required=True),
    "price": Feature("price", "candidate", "number", required=False, bits=64),
    "tags": Feature("tags", "candidate", "set", required=False),
}


def entry(request: str, user: dict[str, Any], candidates: list[dict[str, Any]], scores: list[float]) -> Entry:
    tensors = arrays(FEATURES, user, candidates)
    return Entry(1_750_000_000.25, request, 7, FEATURES, tensors, np.array(scores, np.float32))


def test_a_row_for_each_candidate_with_the_user_s_values() -> None:
    first = entry(
        "r1",
        {"age": 30, "apps": ["x", "ä"]},
        [{"app": "a", "price": 0.1, "tags": ["t"]}, {"app": "b"}],
        [0.25, 0.5],
    )
    second = entry("r2", {"city": "Köln"}, [{"app": "c", "tags": ["t", "u", "v"]}], [0.125])
    when = datetime.fromtimestamp(1_750_000_000.25, UTC)
    own = {"log_time": when, "log_model_version": 7}
    none = {"age": None, "city": None, "apps": None, "price": None, "tags": None}
    of_first = {**none, **own, "log_request_id": "r1", "age": 30.0, "apps": ["x", "ä"]}
    assert table([first, second], ()).to_pylist() == [
        {**of_first, "log_rank": 2, "log_score": 0.25, "app": "a", "price": 0.1, "tags": ["t"]},
        {**of_first, "log_rank": 1, "log_score": 0.5, "app": "b"},
        {**none, **own, "log_request_id": "r2", "log_rank": 1, "log_score": 0.125, "app": "c", "city": "Köln"}
        | {"tags": ["t", "u", "v"]},
    ]
    assert not {"age", "tags"} & set(table([first], {"age", "tags"}).column_names)


words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=4)
users = st.fixed_dictionaries({}, optional={"age": st.floats(width=32, allow_infinity=False), "apps": st.lists(words)})
shown = st.fixed_dictionaries({"app": words}, optional={"tags": st.lists(words, max_size=3)})


@settings(max_examples=60)
@given(st.lists(st.tuples(users, st.lists(shown, min_size=1, max_size=4)), min_size=1, max_size=4))
def test_what_was_sent_is_what_is_logged(requests: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> None:
    entries = [entry(str(n), user, given, [0.5] * len(given)) for n, (user, given) in enumerate(requests)]
    wanted = [(user, candidate) for user, given in requests for candidate in given]
    for row, (user, candidate) in zip(table(entries, ()).to_pylist(), wanted, strict=True):
        age = user.get("age", math.nan)
        assert row["age"] == (None if math.isnan(age) else age)
        assert row["apps"] == (user.get("apps") or None)
        assert (row["app"], row["tags"]) == (candidate["app"], candidate.get("tags") or None)
