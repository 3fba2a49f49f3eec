"""What answers over REST and is no server of models, or one behind a proxy."""

from __future__ import annotations

import math
import socket
import threading
from typing import Any

import pytest
from client_stub import candidates

from widedeep.serving.client.errors import (
    DeadlineError,
    ServerAwayError,
    ServerError,
)

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
@pytest.mark.parametrize(
    ("status", "message"), [(503, "is not available: HTTP 503"), (429, "has no room for the request: HTTP 429")]
)
def test_a_proxy_that_has_no_server_is_a_server_that_is_away(
    connect: Any, front: Any, transport: str, status: int, message: str
) -> None:
    client = connect(deadline=0.3)
    client.features()
    front.raw = status, b"<html>"
    # On a busy machine the time may end within a try: the message then says what came before.
    with pytest.raises((ServerAwayError, DeadlineError), match=message):
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
