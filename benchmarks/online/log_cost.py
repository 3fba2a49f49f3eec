"""What a request log costs a request: milliseconds and requests a second with and without, in turn.

    python -m benchmarks run log_cost [--models work/appstore/models] [--rounds 5]

Three stand-ins serve the same model, one of them with `--request-log`; this process asks them for the app store's
requests, some 25 candidates each, with a client that logs and with one that does not. A turn is so many requests of one
thread, and as many of four. What counts is the median over the rounds of a turn's ratio to that without a log; of the
CPU that client and server took, all turns' sum, which tells a few percent apart where other work shares the machine.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
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


@dataclass(frozen=True)
class Turn:
    """Seconds of all requests, milliseconds of each, and seconds of CPU of client and server."""

    seconds: float
    milliseconds: list[float]
    cpu: float


@dataclass(frozen=True)
class Rounds:
    """A value a round: the median of a single thread, the rate of several, and the CPU of a request of either."""

    p50_ms: list[float]
    per_second: list[float]
    cpu_ms: list[float]


@click.command()
@click.option("--models", type=click.Path(exists=True, path_type=Path), default=Path("work/appstore/models"))
@click.option("--rounds", default=5, show_default=True, help="In which the three take turns.")
@click.option("--requests", default=2000, show_default=True, help="Of each turn: as many as fill a file of the log.")
def main(models: Path, rounds: int, requests: int) -> None:
    """Measures the three in turn."""
    store = LiveStore(Size(20_000, 2))
    asked = store.requests(store.visits(1, requests), 1)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        servers = [
            _server(stack, models, folder / f"{number}.txt", *more)
            for number, more in enumerate(((), (), ("--request-log", folder / "server")))
        ]
        logs = (None, folder / "client", None)
        turns: dict[str, Callable[[int], Turn]] = {
            name: Turns(server, log, asked).turn
            for name, server, log in zip((_PLAIN, _BY_CLIENT, _BY_SERVER), servers, logs, strict=True)
        }
        by_name = measured(turns, rounds)
    print_figures(figures(by_name, {"rounds": rounds, "requests": len(asked)}))


def _server(stack: ExitStack, models: Path, log: Path, *more: object) -> Server:
    flags = ("serve", models, "--name", _MODEL, "--port", 0, "--rest-port", 0, *more)
    server = Server("widedeep.pipeline.cli", *flags, log=log)
    stack.callback(server.stop)
    return server


class Turns:
    """The turns of a server of its own, and of a client that logs where `log` is given."""

    def __init__(self, server: Server, log: Path | None, asked: Sequence[Request]) -> None:
        self._server, self._log, self._asked, self._server_cpu = server, log, asked, 0.0
        self.turn(1)

    def turn(self, threads: int) -> Turn:
        """Asks all requests from so many threads."""
        client_cpu = time.process_time()
        with ExitStack() as stack:
            log = stack.enter_context(RequestLog(self._log)) if self._log else None
            client = stack.enter_context(RankingClient(self._server.target, model=_MODEL, deadline=30, log=log))

            def timed(request: Request) -> float:
                started = time.perf_counter()
                client.rank(*request)
                return 1000 * (time.perf_counter() - started)

            started = time.perf_counter()
            with ThreadPoolExecutor(threads) as pool:
                milliseconds = list(pool.map(timed, self._asked))
            seconds = time.perf_counter() - started
        client_cpu = time.process_time() - client_cpu
        # Its log is written at times of its own, in a turn of another, too.
        server_cpu = self._server.cpu_seconds()
        spent, self._server_cpu = server_cpu - self._server_cpu, server_cpu
        return Turn(seconds, milliseconds, client_cpu + spent)


def measured(turns: dict[str, Callable[[int], Turn]], rounds: int) -> dict[str, Rounds]:
    """What each took by the round.

    Args:
        turns: by name a turn of so many threads.
        rounds: each begins with another one.
    """
    by_name = {name: Rounds([], [], []) for name in turns}
    for number in range(rounds):
        names = list(turns)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            single, several = turns[name](1), turns[name](_THREADS)
            by_name[name].p50_ms.append(percentiles(single.milliseconds)["p50"])
            by_name[name].per_second.append(len(several.milliseconds) / several.seconds)
            requests = len(single.milliseconds) + len(several.milliseconds)
            by_name[name].cpu_ms.append(1000 * (single.cpu + several.cpu) / requests)
    return by_name


def figures(by_name: dict[str, Rounds], details: dict[str, Any]) -> list[Figure]:
    """The ratios with a log to without, round by round; of the CPU, of all rounds."""
    made = []
    plain = by_name[_PLAIN]
    details = details | {name: asdict(rounds) for name, rounds in by_name.items()}
    for name, short in ((_BY_CLIENT, "client"), (_BY_SERVER, "server")):
        own = by_name[name]
        slower, fewer = _ratio(own.p50_ms, plain.p50_ms), _ratio(own.per_second, plain.per_second)
        without = f"{statistics.median(plain.p50_ms):.3f} ms"
        made.append(Figure(f"log_cost_{short}_p50", slower, "of p50 without", f"<= {_GOAL}", without, details))
        rate = f"{statistics.median(plain.per_second):.0f} requests/s"
        made.append(Figure(f"log_cost_{short}_throughput", fewer, "of that without", f">= {2 - _GOAL:.2f}", rate, {}))
        more, least = sum(own.cpu_ms) / sum(plain.cpu_ms), f"{statistics.mean(plain.cpu_ms):.3f} ms"
        made.append(Figure(f"log_cost_{short}_cpu", more, "of client's and server's", f"<= {_GOAL}", least, {}))
        details = {}
    return made


def _ratio(own: Sequence[float], plain: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(own, plain, strict=True))


if __name__ == "__main__":
    main()
