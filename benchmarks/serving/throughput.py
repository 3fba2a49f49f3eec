"""Requests a second when ever more clients ask at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks.harness import subprocesses
from benchmarks.harness.figures import Figure
from benchmarks.serving.latency import percentiles
from benchmarks.serving.servers.processes import Server, Worker

CLIENTS = (1, 2, 4, 8, 16)
# Less than this is no rise.
_RISE = 1.03
BATCHING = subprocesses.ROOT / "serving" / "tensorflow" / "batching.config"


@dataclass(frozen=True)
class Step:
    """What so many clients at once got.

    Attributes:
        clients: threads that wait for an answer each, in two processes.
        per_second: answers, of all.
        p50: milliseconds.
        p99: milliseconds.
        failed: requests.
        cores: that the server kept busy.
        rows_a_batch: requests that were run together, on average; None without batching.
    """

    clients: int
    per_second: float
    p50: float
    p99: float
    failed: int
    cores: float
    rows_a_batch: float | None


def measure(served: Server, home: Path, requests_file: Path, seconds: float) -> list[Step]:
    """Twice as many clients again and again, until that brings no more."""
    with ExitStack() as opened:
        workers = [
            opened.enter_context(
                Worker(
                    "benchmarks.serving.traffic.load_generator",
                    served.target,
                    "grpc",
                    requests_file,
                    log=home / f"client-{number}.txt",
                )
            )
            for number in (1, 2)
        ]
        return until_saturated(lambda clients: _step(served, workers, clients, seconds))


def until_saturated(measured: Callable[[int], Step]) -> list[Step]:
    """Steps of rising numbers of clients, up to the first that brings hardly more a second than the best before it."""
    steps: list[Step] = []
    for clients in CLIENTS:
        best = max((step.per_second for step in steps), default=0.0)
        steps.append(measured(clients))
        click.echo(f"  {steps[-1]}", err=True)
        if steps[-1].per_second < _RISE * best:
            break
    return steps


def _step(served: Server, workers: Sequence[Worker], clients: int, seconds: float) -> Step:
    shares = [clients // 2, clients - clients // 2]
    busy = [(worker, threads) for worker, threads in zip(workers, shares, strict=True) if threads]
    batches, rows = served.batches()
    cpu, started = served.cpu_seconds(), time.monotonic()
    for worker, threads in busy:
        worker.tell(threads=threads, seconds=seconds, parallel=1)
    answers = [worker.answer() for worker, _ in busy]
    cores = (served.cpu_seconds() - cpu) / (time.monotonic() - started)
    more, further = served.batches()
    taken = [milliseconds for answer in answers for milliseconds in answer["milliseconds"]]
    latency = percentiles(taken)
    return Step(
        clients=clients,
        per_second=round(len(taken) / seconds, 1),
        p50=latency["p50"],
        p99=latency["p99"],
        failed=sum(sum(answer["failed"].values()) for answer in answers),
        cores=round(cores, 2),
        rows_a_batch=round((further - rows) / (more - batches), 2) if more > batches else None,
    )


def figure(candidates: int, batched: bool, steps: Sequence[Step]) -> Figure:
    """The most requests a second, and how that came about."""
    best = max(steps, key=lambda step: step.per_second)
    details: dict[str, Any] = {"clients": best.clients, "p99_ms": best.p99, "steps": [asdict(step) for step in steps]}
    name = f"serving_throughput_{candidates}_candidates" + ("_batching" if batched else "")
    against = "the same without batching, same machine" if batched else "its own p99, clients on the same machine"
    return Figure(name, best.per_second, "requests/s", None, against, details)
