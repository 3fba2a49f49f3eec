"""The rows of a log, against those written down in plain Python."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widedeep.serving.client.candidate_columns import arrays
from widedeep.serving.client.signature import Feature
from widedeep.serving.request_log.entry import Entry, entry
from widedeep.serving.request_log.log_files import LogFiles
from widedeep.serving.request_log.log_rows import rows

FEATURES = {
    "age": Feature("age", "user", "number", required=False),
    "city": Feature("city", "user", "text", required=False),
    "apps": Feature("apps", "user", "set", required=False),
    "app": Feature("app", "candidate", "text", required=True),
    "price": Feature("price", "candidate", "number", required=False, bits=64),
    "tags": Feature("tags", "candidate", "set", required=False),
}


def request(
    name: str,
    user: dict[str, Any],
    candidates: list[dict[str, Any]],
    scores: list[float],
    left_out: Collection[str] = (),
) -> Entry:
    tensors = arrays(FEATURES, user, candidates)
    return entry(1_750_000_000.25, name, 7, FEATURES, tensors, np.array([scores], np.float32), left_out)


def table(entries: list[Entry]) -> pa.Table:
    """What is read of a file of them."""
    with tempfile.TemporaryDirectory() as name:
        return pq.read_table(written(Path(name), entries), partitioning=None)


def written(folder: Path, entries: list[Entry]) -> Path:
    LogFiles(folder, 1 << 30).write(rows(entries), 0.0)
    [path] = folder.rglob("*.parquet")
    return path


def test_a_row_for_each_candidate_with_the_user_s_values() -> None:
    first = request(
        "r1",
        {"age": 30, "apps": ["x", "ä"]},
        [{"app": "a", "price": 0.1, "tags": ["t"]}, {"app": "b"}],
        [0.25, 0.5],
    )
    second = request("r2", {"city": "Köln"}, [{"app": "c", "tags": ["t", "u", "v"]}], [0.125])
    when = datetime.fromtimestamp(1_750_000_000.25, UTC)
    own = {"log_time": when, "log_model_version": 7}
    none = {"age": None, "city": None, "apps": None, "price": None, "tags": None}
    of_first = {**none, **own, "log_request_id": "r1", "age": 30.0, "apps": ["x", "ä"]}
    assert table([first, second]).to_pylist() == [
        {**of_first, "log_rank": 2, "log_score": 0.25, "app": "a", "price": 0.1, "tags": ["t"]},
        {**of_first, "log_rank": 1, "log_score": 0.5, "app": "b"},
        {**none, **own, "log_request_id": "r2", "log_rank": 1, "log_score": 0.125, "app": "c", "city": "Köln"}
        | {"tags": ["t", "u", "v"]},
    ]
    shorter = request("r1", {"age": 30}, [{"app": "a"}], [0.5], left_out={"age", "tags"})
    assert not {"age", "tags"} & set(table([shorter]).column_names)


def test_the_columns_have_the_types_of_what_they_hold() -> None:
    rows_of_one = table([request("r", {}, [{"app": "a"}], [0.5])])
    types = {field.name: str(field.type) for field in rows_of_one.schema}
    assert types == {
        "log_time": "timestamp[us, tz=UTC]",
        "log_request_id": "string",
        "log_model_version": "int64",
        "log_rank": "int32",
        "log_score": "float",
        "age": "float",
        "city": "string",
        "apps": "list<element: string>",
        "app": "string",
        "price": "double",
        "tags": "list<element: string>",
    }


def test_texts_alone_are_written_by_a_dictionary_and_nothing_has_statistics(tmp_path: Path) -> None:
    user = {"age": 1, "city": "x", "apps": ["y"]}
    call = request("r", user, [{"app": "a", "price": 1, "tags": ["t"]}], [0.5])
    group = pq.read_metadata(written(tmp_path, [call])).row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    by_dictionary = {column.path_in_schema for column in columns if column.has_dictionary_page}
    assert by_dictionary == {"log_request_id", "city", "apps.list.element", "app", "tags.list.element"}
    assert not any(column.is_stats_set for column in columns)


def test_more_distinct_texts_than_a_dictionary_takes() -> None:
    # A page of them has a MiB.
    apps = [letter * 2**19 for letter in "abc"]
    call = request("r", {"apps": apps}, [{"app": app, "tags": [app]} for app in apps], [0.5] * 3)
    logged = table([call])
    assert logged["app"].to_pylist() == apps
    assert logged["apps"].to_pylist() == [apps] * 3
    assert logged["tags"].to_pylist() == [[app] for app in apps]


def test_what_stands_for_all_candidates_and_requests_is_in_every_row() -> None:
    tensors = {
        "age": np.array([1.0, 2.0], np.float32),
        "city": np.array([b"x"], object),
        "apps": np.empty((1, 0), object),
        "app": np.array([[b"a"], [b"b"]], object),
        "price": np.array([[0.5, 0.25]]),
        "tags": np.array([[[b"t", b"", b"u"]]], object),
    }
    call = entry(0.0, "r", None, FEATURES, tensors, np.zeros((2, 2), np.float32))
    logged = table([call]).select(["log_request_id", "log_model_version", *FEATURES]).to_pylist()
    assert [tuple(row.values()) for row in logged] == [
        ("r-0", None, 1.0, "x", None, "a", 0.5, ["t", "u"]),
        ("r-0", None, 1.0, "x", None, "a", 0.25, ["t", "u"]),
        ("r-1", None, 2.0, "x", None, "b", 0.5, ["t", "u"]),
        ("r-1", None, 2.0, "x", None, "b", 0.25, ["t", "u"]),
    ]


def test_a_tensor_of_another_shape_than_the_scores_is_told() -> None:
    with pytest.raises(ValueError, match="shape"):
        entry(0.0, "r", 1, {"age": FEATURES["age"]}, {"age": np.zeros(3, np.float32)}, np.zeros((2, 2), np.float32))


@pytest.mark.parametrize("text", [b"a\xffb", b"\xc3"])
def test_a_text_that_is_not_of_utf_8_is_told(text: bytes) -> None:
    app = {"app": FEATURES["app"]}
    call = entry(0.0, "r", 1, app, {"app": np.array([[text]], object)}, np.zeros((1, 1), np.float32))
    with pytest.raises(ValueError, match=r"(?i)utf-?8"):
        rows([call])


numbers = st.sampled_from([0.0, -0.0, 0.5, -0.5, 1e-40, -1e-40, math.inf, -math.inf, math.nan])


@settings(max_examples=200)
@given(st.lists(st.lists(numbers, min_size=1, max_size=9), min_size=1, max_size=4))
def test_the_best_is_first_of_equals_the_first_and_nan_the_last(scores: list[list[float]]) -> None:
    entries = [request("r", {}, [{"app": "a"}] * len(own), own) for own in scores]
    ranks = []
    for own in scores:
        order = sorted(range(len(own)), key=[(math.isnan(score), -score) for score in own].__getitem__)
        ranks += [order.index(place) + 1 for place in range(len(own))]
    assert table(entries)["log_rank"].to_pylist() == ranks


words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=4)
ages = st.floats(width=32, allow_infinity=False)
users = st.fixed_dictionaries({}, optional={"age": ages, "city": words, "apps": st.lists(words)})
shown = st.fixed_dictionaries({"app": words}, optional={"tags": st.lists(words, max_size=3)})


@settings(max_examples=60)
@given(st.lists(st.tuples(users, st.lists(shown, min_size=1, max_size=4)), min_size=1, max_size=4))
def test_what_was_sent_is_what_is_logged(requests: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> None:
    entries = [request(str(n), user, given, [0.5] * len(given)) for n, (user, given) in enumerate(requests)]
    wanted = [(user, candidate) for user, given in requests for candidate in given]
    for row, (user, candidate) in zip(table(entries).to_pylist(), wanted, strict=True):
        age = user.get("age", math.nan)
        assert row["age"] == (None if math.isnan(age) else age)
        assert (row["city"], row["apps"]) == (user.get("city"), user.get("apps") or None)
        assert (row["app"], row["tags"]) == (candidate["app"], candidate.get("tags") or None)
