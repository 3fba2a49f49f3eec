"""What a client says of the other port of a server, and of the models that a server tells."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widedeep.serving import served_models
from widedeep.serving.client import ModelError, RankingClient, ServerError
from widedeep.serving.client.transport import Clock, Place, failure


@pytest.fixture
def grpc_port() -> Iterator[int]:
    server = grpc.server(ThreadPoolExecutor(2))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield port
    server.stop(0)


class _Answers(http.server.BaseHTTPRequestHandler):
    """An HTTP/1.1 server that has one model, and tells so."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'{"error": "Servable not found for request: Latest(model)"}'
        self.send_response(404)
        self.send_header(served_models.HEADER, "a%2Cb,movielens")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def rest_port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def refused(port: int, transport: Literal["grpc", "rest"]) -> Exception:
    with (
        RankingClient(f"127.0.0.1:{port}", model="model", transport=transport, deadline=10) as client,
        pytest.raises((ServerError, ModelError)) as caught,
    ):
        client.features()
    return caught.value


def test_rest_asked_of_the_grpc_port(grpc_port: int) -> None:
    assert str(refused(grpc_port, "rest")) == (
        f"127.0.0.1:{grpc_port} is a gRPC port, which does not speak REST. Ask the REST port (TF Serving's is "
        "8501 where none was chosen), or this one without --rest."
    )


def test_grpc_asked_of_the_rest_port(rest_port: int) -> None:
    assert str(refused(rest_port, "grpc")) == (
        f"127.0.0.1:{rest_port} answers, but does not speak gRPC. If it is the REST port (TF Serving's is 8501), "
        "ask it with --rest; the gRPC port is 8500 where none was chosen."
    )


def test_the_models_that_a_server_tells_over_rest(rest_port: int) -> None:
    error = refused(rest_port, "rest")
    assert isinstance(error, ModelError)
    assert error.served == ("a,b", "movielens")
    assert str(error).endswith("Latest(model). The server has: a,b, movielens.")


def test_a_server_that_tells_none() -> None:
    error = failure("NOT_FOUND", "no such model.", Place("h:1", "m", None, None), Clock(1, "h:1"))
    assert isinstance(error, ModelError)
    assert (error.served, str(error)) == ((), "h:1: model 'm' is not served: no such model.")


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1))
def test_names_of_any_letters_travel_in_a_header(names: list[str]) -> None:
    assert served_models.encode(names).isascii()
    assert served_models.decode(served_models.encode(names)) == tuple(sorted(names))
