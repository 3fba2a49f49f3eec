"""What the same candidates cost the server by each signature: CPU time, not waiting."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from pathlib import Path

import grpc

from benchmarks.harness.figures import Figure
from benchmarks.serving.latency import Effort
from benchmarks.serving.latency_breakdown import SERVICE
from benchmarks.serving.servers.processes import Server
from widedeep.components.common.errors import WideDeepError

RANK, OTHERS = "rank", ("serving_default", "predict_raw")
_GOAL = ">= 3"
_WARM_UP = 10


def measure(served: Server, sent: Path, effort: Effort) -> dict[str, list[float]]:
    """Milliseconds of the server's CPU a request, of each round, by signature.

    Args:
        served: the server.
        sent: folder of the requests' bytes, all of the same 200 candidates.
        effort: rounds, in which the signatures take turns, and requests of each.
    """
    spent: dict[str, list[float]] = {name: [] for name in (RANK, *OTHERS)}
    with grpc.insecure_channel(served.target) as channel:
        call = channel.unary_unary(f"{SERVICE}Predict")
        bodies = {name: (sent / name).read_bytes() for name in spent}
        for body in bodies.values():
            _spent(served, call, body, _WARM_UP)
        for _ in range(effort.rounds):
            for name, body in bodies.items():
                spent[name].append(_spent(served, call, body, effort.requests))
    return spent


def _spent(served: Server, call: Callable[..., bytes], body: bytes, requests: int) -> float:
    before = served.cpu_seconds()
    for _ in range(requests):
        call(body, timeout=60)
    return 1000 * (served.cpu_seconds() - before) / requests


def figures(model: str, spent: Mapping[str, list[float]], products: float) -> list[Figure]:
    """How many times `rank`'s CPU time each other signature takes: the median of the rounds.

    Args:
        model: its name in the figures.
        spent: as `measure` has it.
        products: milliseconds of CPU of the matrix products that every signature has to compute for each candidate.

    Raises:
        WideDeepError: the rounds were too short for the kernel's clock.
    """
    if not all(spent[RANK]):
        raise WideDeepError("A round's requests took less CPU time than the kernel counts. Give it more requests.")
    details = {
        "cpu_ms_a_request": {name: round(statistics.median(taken), 2) for name, taken in spent.items()}
        | {"the matrix products alone": round(products, 2)},
        "rounds": {name: [round(milliseconds, 2) for milliseconds in taken] for name, taken in spent.items()},
    }
    made = []
    for name in OTHERS:
        ratio = statistics.median(theirs / ours for theirs, ours in zip(spent[name], spent[RANK], strict=True))
        against = f"{name} with the same 200 candidates as rows, same server, in turn"
        made.append(Figure(f"serving_cpu_{name}_over_rank_{model}_layers", ratio, "of rank's", _GOAL, against, details))
    return made
