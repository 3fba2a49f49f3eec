"""Where the time of one request goes: the client, the way, the server, the model."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Mapping
from pathlib import Path

import grpc

from benchmarks.serving.latency import Effort, turn
from benchmarks.serving.servers.processes import Served, Worker
from benchmarks.serving.traffic.echo import METHODS

SERVICE = "/tensorflow.serving.PredictionService/"
_WARM_UP = 20


def parts(whole: float, alone: Mapping[str, float], client: float, transport: float) -> dict[str, float]:
    """Milliseconds of each part.

    Args:
        whole: a request, from its rows to the ranking.
        alone: what the model and the server's own work take in a process by itself.
        client: a request to a server that does nothing but answer.
        transport: the same bytes to the same server, sent without the client.
    """
    found = {"client's encoding and decoding": client - transport, "transport": transport, **alone}
    return found | {"waiting for each other": whole - sum(found.values()), "whole": whole}


def echoed(served: Served, home: Path, sent: Path, model: str, asked: Path, effort: Effort) -> tuple[float, float]:
    """Median milliseconds of the client, and of its bytes alone, to a server that does nothing but answer.

    Args:
        served: which the metadata are of.
        home: folder for what is said.
        sent: folder of the request's bytes and the answer's.
        model: whose answer.
        asked: file of the client's requests.
        effort: how long.
    """
    said = home / f"echo-{model}"
    said.mkdir()
    shutil.copyfile(sent / f"{model}-answer", said / METHODS[0])
    with grpc.insecure_channel(served.target) as channel:
        metadata = channel.unary_unary(SERVICE + METHODS[1])
        (said / METHODS[1]).write_bytes(metadata((sent / METHODS[1]).read_bytes(), timeout=60))
    echo = Served("benchmarks.serving.traffic.echo", said, log=home / "echo.txt")
    try:
        with Worker("benchmarks.serving.traffic.load", echo.target, "grpc", asked, log=home / "grpc.txt") as worker:
            client = [ms for _ in range(effort.rounds) for ms in turn(worker, 1, effort.seconds / 2)]
        return statistics.median(client), _bare(echo.target, (sent / "rank").read_bytes(), effort)
    finally:
        echo.stop()


def _bare(target: str, request: bytes, effort: Effort) -> float:
    taken = []
    with grpc.insecure_channel(target) as channel:
        call = channel.unary_unary(SERVICE + METHODS[0])
        for _ in range(_WARM_UP + effort.rounds * effort.requests):
            started = time.perf_counter()
            call(request, timeout=60)
            taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken[_WARM_UP:])
