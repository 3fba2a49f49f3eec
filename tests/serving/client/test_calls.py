"""The client over both transports, against a small server that says what a test tells it to."""

from __future__ import annotations

import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from client_stub import HTTP, GrpcStub, Refused, RestStub, Stub
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from widedeep.components.common.errors import ConfigError
from widedeep.serving import tensors
from widedeep.serving.client import RankedCandidate, RankingClient
from widedeep.serving.client.errors import (
    DeadlineError,
    FeatureError,
    MismatchError,
    ModelError,
    RankingError,
    ServerAwayError,
    ServerError,
    UnknownFeatureError,
)


@pytest.fixture
def stub() -> Stub:
    return Stub()


@pytest.fixture(params=["grpc", "rest"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def front(stub: Stub, transport: str) -> Iterator[Any]:
    made = GrpcStub(stub) if transport == "grpc" else RestStub(stub)
    yield made
    made.stop()


@pytest.fixture
def connect(front: Any, transport: str) -> Iterator[Callable[..., RankingClient]]:
    """Makes clients of the stub; port: of another server."""
    made: list[RankingClient] = []

    def make(port: int | None = None, **options: Any) -> RankingClient:
        port = front.start() if port is None else port
        client = RankingClient(
            f"127.0.0.1:{port}", **{"model": "m", "transport": transport, "deadline": 30.0, **options}
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


def candidates(*values: float) -> list[dict[str, float]]:
    return [{"x": value} for value in values]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


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


BUSY = ("RESOURCE_EXHAUSTED", "Server Threadpool Exhausted")


@pytest.mark.parametrize("answer", [("UNAVAILABLE", "loading"), BUSY], ids=lambda answer: answer[0])
def test_a_server_that_is_away_twice_is_asked_three_times(connect: Any, stub: Stub, answer: tuple[str, str]) -> None:
    stub.script.extend([answer] * 2)
    assert [candidate.index for candidate in connect().rank({"age": 1}, candidates(1, 2)).candidates] == [1, 0]
    assert stub.calls == 3


def test_so_it_is_for_its_metadata(connect: Any, stub: Stub) -> None:
    stub.metadata_script.extend([("UNAVAILABLE", "loading")] * 2)
    connect().rank({"age": 1}, candidates(1, 2))
    assert (stub.calls, stub.metadata_calls) == (1, 3)


@pytest.mark.parametrize("answer", [("UNAVAILABLE", "busy"), BUSY], ids=lambda answer: answer[0])
def test_only_the_part_that_was_refused_is_sent_again(connect: Any, stub: Stub, answer: tuple[str, str]) -> None:
    stub.script.append(answer)
    ranking = connect(parallel=3).rank({"age": 0}, candidates(*range(7)))
    assert [candidate.index for candidate in ranking.candidates] == [6, 5, 4, 3, 2, 1, 0]
    assert stub.calls == 4


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("NOT_FOUND", ModelError, "{place} is not served: why."),
        ("INVALID_ARGUMENT", MismatchError, "{place} refuses the request: why."),
        ("INTERNAL", ServerError, "{place} failed with {code}: why."),
    ],
)
def test_other_errors_are_not_asked_again(
    connect: Any, stub: Stub, transport: str, code: str, kind: type[RankingError], message: str
) -> None:
    client = connect()
    stub.script.append((code, "why."))
    with pytest.raises(RankingError) as caught:
        client.rank({"age": 1}, candidates(1, 2))
    assert type(caught.value) is kind
    shown = code if transport == "grpc" else f"HTTP {HTTP[code]}"
    assert str(caught.value) == message.format(place=f"{client._place.server}: model 'm'", code=shown)
    assert stub.calls == 1


def test_a_model_that_is_not_there(connect: Any, stub: Stub) -> None:
    client = connect(version=7)
    stub.metadata_script.append(("NOT_FOUND", "Servable not found for request: Specific(m, 7)"))
    with pytest.raises(ModelError) as caught:
        client.rank({"age": 1}, candidates(1))
    message = "model 'm', version 7 is not served: Servable not found for request: Specific(m, 7)."
    assert str(caught.value) == f"{client._place.server}: {message}"
    assert (stub.calls, stub.metadata_calls) == (0, 1)


def test_a_server_that_stays_away(connect: Any, stub: Stub) -> None:
    stub.metadata_script.extend([("UNAVAILABLE", "overloaded")] * 1000)
    client = connect(deadline=0.4)
    with pytest.raises(ServerAwayError) as caught:
        client.rank({"age": 1}, candidates(1))
    assert str(caught.value) == f"{client._place.server} is not available: overloaded. Is a server running there?"
    assert stub.metadata_calls > 1


def test_a_server_that_stays_busy_is_given_up_at_the_deadline(connect: Any, stub: Stub) -> None:
    client = connect(deadline=0.4)
    client.features()
    stub.script.extend([BUSY] * 1000)
    with pytest.raises(ServerAwayError) as caught:
        client.rank({"age": 1}, candidates(1))
    assert str(caught.value) == (
        f"{client._place.server} has no room for the request: Server Threadpool Exhausted. Send fewer at once, or give "
        "the server more threads (TF Serving's --grpc_max_threads)."
    )
    # Longer and longer pauses: not one attempt right after the other, and none after the deadline.
    assert 2 <= stub.calls <= 8


def test_a_message_that_is_too_large_is_not_sent_again(connect: Any, stub: Stub) -> None:
    client = connect()
    stub.script.append(("RESOURCE_EXHAUSTED", "Received message larger than max (5000000 vs. 4194304)"))
    with pytest.raises(ServerError, match=r"failed with .*: Received message larger than max"):
        client.rank({"age": 1}, candidates(1))
    assert stub.calls == 1


def test_six_threads_lose_no_call_to_a_server_with_room_for_two(connect: Any, stub: Stub) -> None:
    """As TF Serving with few --grpc_max_threads: what finds no thread is refused at once."""
    room, refused = threading.Semaphore(2), []

    def busy() -> None:
        if not room.acquire(blocking=False):
            refused.append(1)
            raise Refused(*BUSY)
        time.sleep(0.005)
        room.release()

    client = connect(parallel=4)
    client.features()
    stub.script.extend([busy] * 10_000)
    with ThreadPoolExecutor(6) as pool:
        rankings = list(pool.map(lambda _: client.rank({"age": 1}, candidates(*range(8))), range(60)))
    assert all([candidate.index for candidate in ranking.candidates] == [*range(7, -1, -1)] for ranking in rankings)
    assert refused


def test_no_server_at_all(connect: Any) -> None:
    port = free_port()
    with pytest.raises(ServerAwayError) as caught:
        connect(port, deadline=0.3).rank({"age": 1}, candidates(1))
    assert str(caught.value).startswith(f"127.0.0.1:{port} is not available: ")
    assert "Connection refused" in str(caught.value)


def test_a_server_that_comes_is_found(connect: Any, front: Any) -> None:
    port = free_port()
    client = connect(port)
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(client.rank, {"age": 1}, candidates(1, 2))
        time.sleep(0.2)
        assert not asked.done()
        front.start(port)
        assert [candidate.index for candidate in asked.result().candidates] == [1, 0]


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


REST_ONLY = pytest.mark.parametrize("transport", ["rest"])
ELSE = "something else than TF Serving's REST interface answers there"
HINT = "Is it the REST port (TF Serving's is 8501) and the right protocol?"


@REST_ONLY
@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (404, b"<html>", f"{{place}}: {ELSE}: HTTP 404 without an error message. {HINT}"),
        (302, b"", f"{{place}}: {ELSE}: HTTP 302 without an error message. {HINT}"),
        (200, b"[1]", f"{{place}}: {ELSE}: no JSON object. {HINT}"),
        (200, b"{", f"{{place}}: {ELSE}: no JSON object. {HINT}"),
    ],
)
def test_another_http_server(connect: Any, front: Any, transport: str, status: int, body: bytes, message: str) -> None:
    client = connect()
    front.raw = status, body
    with pytest.raises(ServerError) as caught:
        client.rank({"age": 1}, candidates(1))
    assert str(caught.value) == message.format(place=f"{client._place.server}: model 'm'")


@REST_ONLY
@pytest.mark.parametrize("scores", [[["a", "b"]], None, [[1.0], [1.0, 2.0]]])
def test_an_answer_without_numbers(connect: Any, stub: Stub, transport: str, scores: Any) -> None:
    _refused_for(connect, stub, scores)


@REST_ONLY
@pytest.mark.parametrize(
    ("status", "message"), [(503, "is not available: HTTP 503"), (429, "has no room for the request: HTTP 429")]
)
def test_a_proxy_that_has_no_server_is_a_server_that_is_away(
    connect: Any, front: Any, transport: str, status: int, message: str
) -> None:
    client = connect(deadline=0.3)
    client.features()
    front.raw = status, b"<html>"
    with pytest.raises(ServerAwayError, match=message):
        client.rank({"age": 1}, candidates(1))


@REST_ONLY
def test_a_server_that_sends_a_byte_at_a_time_is_not_waited_for(connect: Any, transport: str) -> None:
    given_up = threading.Event()
    given_up_before: list[bool] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                for _ in range(60):
                    connection.send(b"H")
                    if given_up.wait(0.05):
                        break
            given_up_before.append(given_up.is_set())

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            with pytest.raises(DeadlineError):
                connect(listening.getsockname()[1], deadline=0.3).features()
            given_up.set()
        finally:
            thread.join()
    assert given_up_before == [True]


@REST_ONLY
def test_an_only_output_has_no_name(connect: Any, front: Any, transport: str) -> None:
    client = connect()
    front.raw = 200, b'{"outputs": [[0.5, NaN, 1]]}'
    ranked = client.rank({"age": 1}, candidates(1, 2, 3)).candidates
    assert [candidate.index for candidate in ranked] == [2, 0, 1]
    assert math.isnan(ranked[-1].score)


@REST_ONLY
def test_metadata_of_something_else(connect: Any, front: Any, transport: str) -> None:
    client = connect()
    front._metadata = lambda: {"model_spec": {}}
    with pytest.raises(ServerError, match=f"{ELSE}: its metadata are not those of TF Serving"):
        client.features()


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
