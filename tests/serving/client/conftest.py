"""A client of a small server, over both transports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from client_stub import GrpcStub, RestStub, Stub

from widedeep.serving.client import RankingClient


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
