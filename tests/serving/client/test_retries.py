"""Servers that are away, busy or gone: what is asked again, how often, and until when."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from client_stub import HTTP, Refused, Stub, candidates

from widedeep.serving.client.errors import (
    DeadlineError,
    MismatchError,
    ModelError,
    RankingError,
    ServerAwayError,
    ServerError,
)
from widedeep.serving.client.transport import Clock, until_available


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


BUSY = ("RESOURCE_EXHAUSTED", "Server Threadpool Exhausted")


@pytest.mark.parametrize("answer", [("UNAVAILABLE", "loading"), BUSY], ids=lambda answer: answer[0])
def test_a_server_that_is_away_twice_is_asked_three_times(connect: Any, stub: Stub, answer: tuple[str, str]) -> None:
    stub.script.extend([answer] * 2)
    assert [candidate.index for candidate in connect().rank({"age": 1}, candidates(1, 2)).candidates] == [1, 0]
    assert stub.calls == 3


def test_a_try_that_is_too_slow_tells_what_the_one_before_came_to() -> None:
    clock = Clock(5, "shop:8500")
    answers: list[list[ServerAwayError] | DeadlineError] = [[ServerAwayError("shop:8500 is loading.")], clock.late()]

    def ask(_: list[int]) -> list[str | ServerAwayError]:
        answer = answers.pop(0)
        if isinstance(answer, DeadlineError):
            raise answer
        return [*answer]

    with pytest.raises(DeadlineError) as caught:
        until_available(ask, [1], clock, retry=True)
    assert str(caught.value) == (
        "shop:8500 did not answer within 5 s. Give it more time, or less to do. Before that: shop:8500 is loading."
    )


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
