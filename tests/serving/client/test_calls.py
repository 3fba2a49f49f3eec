"""The client over both transports, against a small server that says what a test tells it to."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from client_stub import Stub, candidates
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from widedeep.components.common.errors import ConfigError
from widedeep.serving import tensors
from widedeep.serving.client import RankedCandidate, RankingClient
from widedeep.serving.client.errors import (
    DeadlineError,
    FeatureError,
    ServerError,
    UnknownFeatureError,
)


def test_best_first(connect: Any, stub: Stub, transport: str) -> None:
    ranking = connect().rank({"age": 0.5}, candidates(0.25, 0.75, 0.5))
    assert ranking.candidates == (RankedCandidate(1, 1.25), RankedCandidate(2, 1.0), RankedCandidate(0, 0.75))
    # REST does not tell it.
    assert ranking.version == (1 if transport == "grpc" else None)


def test_the_best_alone(connect: Any) -> None:
    assert [candidate.index for candidate in connect().rank({"age": 0}, candidates(1, 3, 2), top_k=2).candidates] == [
        1,
        2,
    ]


def test_nothing_to_rank_asks_nobody(connect: Any, stub: Stub) -> None:
    assert connect().rank({}, []).candidates == ()
    assert (stub.calls, stub.metadata_calls) == (0, 0)


def test_metadata_are_asked_once(connect: Any, stub: Stub) -> None:
    client = connect()
    assert {name: feature.required for name, feature in client.features().items()} == {"age": False, "x": True}
    for _ in range(3):
        client.rank({"age": 1}, candidates(1))
    assert (stub.calls, stub.metadata_calls) == (3, 1)


def test_the_deadline_is_of_the_whole_call(connect: Any, stub: Stub) -> None:
    go = threading.Event()
    client = connect(deadline=0.3, parallel=2)
    client.features()
    stub.script.extend([lambda: go.wait(5)] * 2)
    try:
        with pytest.raises(DeadlineError) as caught:
            client.rank({"age": 1}, candidates(1, 2))
    finally:
        go.set()
    message = "did not answer within 0.3 s. Give it more time, or less to do."
    assert str(caught.value) == f"{client._place.server} {message}"
    assert stub.calls == 2


def test_a_model_that_has_changed_is_looked_at_again(connect: Any, stub: Stub) -> None:
    client = connect()
    client.rank({"age": 1}, candidates(1))
    stub.candidate["y"] = (tensors.FLOAT, 2)
    # The server refuses a request without y; then y is known.
    with pytest.raises(FeatureError, match="candidate 0: 'y' is missing, and the model needs it"):
        client.rank({"age": 1}, candidates(1))
    assert (stub.calls, stub.metadata_calls) == (2, 2)
    ranking = client.rank({"age": 1}, [{"x": 1, "y": 1}, {"x": 2, "y": 1}])
    assert [candidate.index for candidate in ranking.candidates] == [1, 0]
    assert (stub.calls, stub.metadata_calls) == (3, 2)


def test_so_it_is_for_a_name_that_was_unknown(connect: Any, stub: Stub) -> None:
    client = connect()
    client.rank({"age": 1}, candidates(1))
    stub.candidate["y"] = (tensors.FLOAT, 2)
    assert len(client.rank({"age": 1}, [{"x": 1, "y": 1}]).candidates) == 1
    assert (stub.calls, stub.metadata_calls) == (2, 2)
    with pytest.raises(UnknownFeatureError, match="candidate 0: 'z' is no feature of the model: known are: x, y"):
        client.rank({"age": 1}, [{"x": 1, "z": 1}])
    assert (stub.calls, stub.metadata_calls) == (2, 3)


@pytest.mark.parametrize(("options", "asked"), [({}, None), ({"version": 3}, 3), ({"label": "stable"}, "stable")])
def test_the_version_that_is_wanted_is_asked_for(connect: Any, stub: Stub, options: Any, asked: Any) -> None:
    connect(**options, parallel=2).rank({"age": 1}, candidates(1, 2))
    assert stub.specs == [asked, asked]


@pytest.mark.parametrize("transport", ["grpc"])
def test_scores_of_two_versions_are_not_mixed(connect: Any, stub: Stub, transport: str) -> None:
    client = connect(parallel=3)
    client.features()
    # The part with 0 finds version 1 still; the others come when 2 is there.
    first = stub.scores

    def scores(spec: Any, inputs: Any) -> Any:
        value, version = first(spec, inputs)
        return value, 2 if spec == 2 or 0 not in np.asarray(inputs["x"]) else version

    stub.scores = scores  # type: ignore[method-assign]
    ranking = client.rank({"age": 1}, candidates(0, 1, 2))
    assert ranking.version == 2
    assert [candidate.index for candidate in ranking.candidates] == [2, 1, 0]
    assert stub.specs == [None, None, None, 2]


def test_cutting_a_call_changes_nothing(connect: Any, stub: Stub, front: Any) -> None:
    port = front.start()
    clients = {parallel: connect(port, parallel=parallel) for parallel in range(1, 9)}

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        # Few different ones, so that there are ties.
        st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5]), min_size=1, max_size=60),
        st.sampled_from(sorted(clients)),
        st.none() | st.integers(1, 60),
    )
    def law(values: list[float], parallel: int, top_k: int | None) -> None:
        before = stub.calls
        ranking = clients[parallel].rank({"age": 2}, candidates(*values), top_k)
        assert stub.calls - before == min(parallel, len(values))
        expected = sorted(range(len(values)), key=lambda index: (-values[index], index))[:top_k]
        assert ranking.candidates == tuple(RankedCandidate(index, values[index] + 2) for index in expected)

    law()


def test_threads_may_share_a_client(connect: Any) -> None:
    client = connect(parallel=2)

    def asked(number: int) -> bool:
        ranking = client.rank({"age": number}, candidates(1, 3, 2))
        return ranking.candidates == (
            RankedCandidate(1, number + 3),
            RankedCandidate(2, number + 2),
            RankedCandidate(0, number + 1),
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(asked, range(100)))


def _refused_for(connect: Any, stub: Stub, scores: Any) -> None:
    client = connect()
    stub.scores = lambda spec, inputs: (scores, 1)  # type: ignore[method-assign]
    with pytest.raises(ServerError) as caught:
        client.rank({"age": 1}, candidates(1, 2))
    message = "model 'm': its signature 'rank' gave no score for each of 2 candidates."
    assert str(caught.value) == f"{client._place.server}: {message}"


@pytest.mark.parametrize("scores", [[[1.0]], [1.0, 2.0]])
def test_an_answer_without_a_score_for_each(connect: Any, stub: Stub, scores: Any) -> None:
    _refused_for(connect, stub, scores)


@pytest.mark.parametrize("transport", ["rest"])
@pytest.mark.parametrize("scores", [[["a", "b"]], None, [[1.0], [1.0, 2.0]]])
def test_an_answer_without_numbers(connect: Any, stub: Stub, transport: str, scores: Any) -> None:
    _refused_for(connect, stub, scores)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "localhost"}, "target 'localhost': give HOST:PORT, as localhost:8500."),
        ({"target": "http://a:1"}, "target 'http://a:1': give HOST:PORT, as localhost:8500."),
        ({"transport": "http"}, "transport 'http': give grpc or rest."),
        ({"version": 1, "label": "a"}, "version 1 and label 'a': give one of them."),
        ({"deadline": 0}, "deadline 0: give seconds, more than 0."),
        ({"deadline": math.nan}, "deadline nan: give seconds, more than 0."),
        ({"parallel": 0}, "parallel 0: give 1 or more."),
    ],
)
def test_wrong_arguments(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        RankingClient(**{"target": "localhost:1", "model": "m", **options})
    assert str(caught.value) == message


def test_top_k_is_of_candidates(connect: Any) -> None:
    with pytest.raises(ConfigError, match="top_k is 0: give 1 or more, or None for all candidates"):
        connect().rank({}, candidates(1), top_k=0)
