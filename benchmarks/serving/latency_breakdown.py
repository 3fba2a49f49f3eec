"""Where the time of a request goes: the client, the way, the server, the model."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Mapping
from pathlib import Path

import grpc

from benchmarks.serving.latency import Effort, turn
from benchmarks.serving.servers.canned_server import METHODS
from benchmarks.serving.servers.processes import Server, Worker

SERVICE = "/tensorflow.serving.PredictionService/"
_WARM_UP = 20


def parts(whole: float, in_process: Mapping[str, float], client: float, transport: float) -> dict[str, float]:
    """Milliseconds of each part.

    Args:
        whole: a request, from its rows to the ranking.
        in_process: what the model and the server's own work take in a process by itself.
        client: a request to a server that does nothing but answer.
        transport: the same bytes to the same server, sent without the client.
    """
    elsewhere = {"client's encoding and decoding": client - transport, "transport": transport, **in_process}
    return elsewhere | {"waiting for each other": whole - sum(elsewhere.values()), "whole": whole}


def client_and_transport(
    served: Server, home: Path, sent: Path, model: str, requests_file: Path, effort: Effort
) -> tuple[float, float]:
    """Median milliseconds of the client, and of its bytes alone, to a server that does nothing but answer.

    Args:
        served: which the metadata are of.
        home: folder for what is said.
        sent: folder of the request's bytes and the answer's.
        model: whose answer.
        requests_file: file of the client's requests.
        effort: how long.
    """
    said = home / f"canned-{model}"
    said.mkdir()
    shutil.copyfile(sent / f"{model}-answer", said / METHODS[0])
    with grpc.insecure_channel(served.target) as channel:
        metadata = channel.unary_unary(SERVICE + METHODS[1])
        (said / METHODS[1]).write_bytes(metadata((sent / METHODS[1]).read_bytes(), timeout=60))
    canned = Server("benchmarks.serving.servers.canned_server", said, log=home / "canned.txt")
    try:
        with Worker(
            "benchmarks.serving.traffic.load_generator", canned.target, "grpc", requests_file, log=home / "grpc.txt"
        ) as worker:
            client = [ms for _ in range(effort.rounds) for ms in turn(worker, 1, effort.seconds / 2)]
        return statistics.median(client), _bare(canned.target, (sent / "rank").read_bytes(), effort)
    finally:
        canned.stop()


def _bare(target: str, request: bytes, effort: Effort) -> float:
    taken = []
    with grpc.insecure_channel(target) as channel:
        call = channel.unary_unary(SERVICE + METHODS[0])
        for _ in range(_WARM_UP + effort.rounds * effort.requests):
            started = time.perf_counter()
            call(request, timeout=60)
            taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken[_WARM_UP:])
