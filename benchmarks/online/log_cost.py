"""What a request log costs a request: milliseconds and requests a second with and without, in turn.

    python -m benchmarks run log_cost [--models work/appstore/models] [--rounds 20]

Two stand-ins serve the same model, one of them with `--request-log`; this process asks them for the app store's
requests, some 25 candidates each, with a client that logs and with one that does not. A turn is so many requests of one
thread, and as many of four. What counts is the median over the rounds of a turn's ratio to that without a log.
"""

from __future__ import annotations

import functools
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from benchmarks.harness.figures import Figure, print_figures
from benchmarks.serving.latency import percentiles
from benchmarks.serving.servers.processes import Server
from widedeep.pipeline.datasets.appstore.live import LiveStore
from widedeep.pipeline.datasets.appstore.store import Size
from widedeep.serving.client import RankingClient
from widedeep.serving.request_log import RequestLog

_MODEL, _THREADS = "appstore", 4
_PLAIN, _BY_CLIENT, _BY_SERVER = "without", "logged by the client", "logged by the stand-in"
_GOAL = 1.03
Request = tuple[dict[str, Any], list[dict[str, Any]]]


@click.command()
@click.option("--models", type=click.Path(exists=True, path_type=Path), default=Path("work/appstore/models"))
@click.option("--rounds", default=20, show_default=True, help="In which the three take turns.")
@click.option("--requests", default=300, show_default=True, help="Of each turn.")
def main(models: Path, rounds: int, requests: int) -> None:
    """Measures the three in turn."""
    store = LiveStore(Size(20_000, 2))
    asked = store.requests(store.visits(1, requests), 1)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        plain, logging = (
            _server(stack, models, folder / log, *more)
            for log, more in (("plain.txt", ()), ("logging.txt", ("--request-log", folder / "server")))
        )
        log = stack.enter_context(RequestLog(folder / "client"))
        clients = {
            _PLAIN: RankingClient(plain, model=_MODEL, deadline=30),
            _BY_CLIENT: RankingClient(plain, model=_MODEL, deadline=30, log=log),
            _BY_SERVER: RankingClient(logging, model=_MODEL, deadline=30),
        }
        for client in clients.values():
            stack.enter_context(client)
            _turn(client, asked, 1)
        p50, per_second = measured(
            {name: functools.partial(_turn, client, asked) for name, client in clients.items()}, rounds
        )
        written = log.counts
    details = {"rounds": rounds, "requests": len(asked), "p50_ms": p50, "per_second": per_second}
    print_figures(figures(p50, per_second, details | {"written": written.written, "dropped": written.dropped}))


def _server(stack: ExitStack, models: Path, log: Path, *more: object) -> str:
    flags = ("serve", models, "--name", _MODEL, "--port", 0, "--rest-port", 0, *more)
    server = Server("widedeep.pipeline.cli", *flags, log=log)
    stack.callback(server.stop)
    return server.target


def _turn(client: RankingClient, asked: Sequence[Request], threads: int) -> tuple[float, list[float]]:
    """Seconds of all requests, and milliseconds of each."""

    def timed(request: Request) -> float:
        started = time.perf_counter()
        client.rank(*request)
        return 1000 * (time.perf_counter() - started)

    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        milliseconds = list(pool.map(timed, asked))
    return time.perf_counter() - started, milliseconds


def measured(
    turns: dict[str, Callable[[int], tuple[float, list[float]]]], rounds: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """By name a value a round: the median of the milliseconds of one thread, and requests a second of several.

    Args:
        turns: by name what a turn of so many threads took: seconds, and milliseconds of each request.
        rounds: each begins with another one.
    """
    p50: dict[str, list[float]] = {name: [] for name in turns}
    per_second: dict[str, list[float]] = {name: [] for name in turns}
    for number in range(rounds):
        names = list(turns)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            p50[name].append(percentiles(turns[name](1)[1])["p50"])
            seconds, milliseconds = turns[name](_THREADS)
            per_second[name].append(len(milliseconds) / seconds)
    return p50, per_second


def figures(p50: dict[str, list[float]], per_second: dict[str, list[float]], details: dict[str, Any]) -> list[Figure]:
    """The ratios with a log to without, round by round."""
    made = []
    for name, short in ((_BY_CLIENT, "client"), (_BY_SERVER, "server")):
        slower = statistics.median(own / plain for own, plain in zip(p50[name], p50[_PLAIN], strict=True))
        fewer = statistics.median(own / plain for own, plain in zip(per_second[name], per_second[_PLAIN], strict=True))
        without = f"{statistics.median(p50[_PLAIN]):.3f} ms"
        made.append(Figure(f"log_cost_{short}_p50", slower, "of p50 without", f"<= {_GOAL}", without, details))
        rate = f"{statistics.median(per_second[_PLAIN]):.0f} requests/s"
        made.append(Figure(f"log_cost_{short}_throughput", fewer, "of that without", f">= {2 - _GOAL:.2f}", rate, {}))
    return made


if __name__ == "__main__":
    main()
