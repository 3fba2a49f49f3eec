"""What a person reads of a run that failed."""

from __future__ import annotations

import socket

import grpc
import pytest

from widedeep.pipeline.local.session import _first_line


def test_a_server_that_is_away_is_told_by_its_status_and_words() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        call = grpc.insecure_channel(f"127.0.0.1:{closed.getsockname()[1]}").unary_unary("/job/Get")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"", timeout=10)
    said = _first_line(caught.value)
    assert said.startswith("_InactiveRpcError: UNAVAILABLE: ")
    assert "127.0.0.1" in said


def test_of_another_error_its_first_line() -> None:
    assert _first_line(ValueError("no such shop\nand more")) == "ValueError: no such shop"
