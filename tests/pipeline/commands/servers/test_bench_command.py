"""widedeep bench as a person calls it, against a small server of both transports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from client_stub import GrpcStub, RestStub, Stub

from widedeep.components.common.errors import WideDeepError
from widedeep.pipeline.commands.servers.bench import command

BUSY = ("RESOURCE_EXHAUSTED", "Server Threadpool Exhausted")


@pytest.fixture
def stub() -> Stub:
    return Stub()


@pytest.fixture(params=["grpc", "rest"])
def bench(request: pytest.FixtureRequest, stub: Stub, tmp_path: Path) -> Iterator[Any]:
    front = GrpcStub(stub) if request.param == "grpc" else RestStub(stub)
    port = front.start()
    (tmp_path / "rows.csv").write_text("age,x,label\n1,0.5,1\n2,0.25,0\n")

    def call(*more: str) -> Result:
        transport = ["--rest"] if request.param == "rest" else []
        rows = ["--rows", str(tmp_path / "rows.csv"), "--model", "m", "--candidates", "3"]
        arguments = [f"127.0.0.1:{port}", *rows, *transport, "--seconds", "0.5", "--rate", "40", *more]
        return CliRunner().invoke(command, arguments, standalone_mode=False)

    yield call
    front.stop()


def test_latencies_and_a_record(bench: Any, stub: Stub, tmp_path: Path) -> None:
    done = bench("--json", str(tmp_path / "result.json"))
    assert done.exception is None, done.output
    record = json.loads((tmp_path / "result.json").read_text())
    # One more before, which is not measured.
    assert stub.calls == record["requests"] + 1 == record["answered"] + 1
    assert (record["errors"], record["rate"], record["candidates"]) == ({}, 40.0, 3)
    named = record["milliseconds"]
    assert list(named) == ["p50", "p90", "p95", "p99", "p99.9", "max"]
    assert 0 < named["p50"] <= named["p90"] <= named["p99"] <= named["max"]
    assert f"{record['requests']:,} requests of 3 candidates in 0.5 s to " in done.stderr
    assert f"answered      {record['answered']:,} of {record['requests']:,}, " in done.stdout
    assert "milliseconds  p50 " in done.stdout


def test_a_busy_server_is_not_asked_again_but_where_that_is_wanted(bench: Any, stub: Stub) -> None:
    def refuse() -> None:
        stub.script.clear()
        # The first call, which is not measured, and then three that are refused.
        stub.script.extend([lambda: None, BUSY, BUSY, BUSY])

    refuse()
    done = bench()
    assert done.exception is None, done.output
    assert "RESOURCE_EXHAUSTED  3: 127.0.0.1:" in done.stdout
    assert "has no room for the request: Server Threadpool Exhausted." in done.stdout
    refuse()
    again = bench("--retry")
    assert again.exception is None, again.output
    assert "RESOURCE_EXHAUSTED" not in again.stdout


def test_no_answer_at_all_is_a_failure(bench: Any, stub: Stub) -> None:
    stub.script.extend([lambda: None, *[("INTERNAL", "broken")] * 1000])
    done = bench()
    assert isinstance(done.exception, WideDeepError)
    assert str(done.exception) == "No request was answered."


def test_a_client_that_is_too_slow_says_so(bench: Any, stub: Stub) -> None:
    import time

    stub.script.extend([lambda: None, *[lambda: time.sleep(0.05)] * 1000])
    done = bench("--threads", "1")
    assert "This client sent 1 % of the requests more than " in done.stderr
    assert "Give it more --threads" in done.stderr
