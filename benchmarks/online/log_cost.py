"""What a request log costs a request: milliseconds, requests a second and CPU with and without, in turn.

    python -m benchmarks run log_cost [--models work/movielens/models] [--rounds 15]

A stand-in serves a model, another one with `--request-log` logs all that it is asked, and a third one a tenth; this
process asks them for real users of MovieLens with 200 candidates each, and the first one also with a client that logs
all or a tenth. A turn is a file's worth of requests from one thread, and as many from four. In a round each of the five
has two short turns, forth and back, so that what else the machine does meets them alike, and what grows or falls
meanwhile cancels. One process is some percent faster than the next of the same program: there are two such groups of
stand-ins, which take turns by the round. What counts is the median over the rounds of what a round's turns took to
those without a log; beside it stands between what half of the rounds lie.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import click

from benchmarks.harness.figures import Figure, print_figures
from benchmarks.harness.movielens_splits import movielens
from benchmarks.serving.latency import percentiles
from benchmarks.serving.servers.models import FEATURES
from benchmarks.serving.servers.processes import NAME, Server
from benchmarks.serving.traffic.rank_requests import RankRequest, read, requests
from widedeep.components import features
from widedeep.serving.client import RankingClient
from widedeep.serving.request_log import RequestLog

_THREADS, _CANDIDATES = 4, 200
# With as many candidates, a file of the log's 50,000 rows: a turn does all the work of what it logs.
_REQUESTS = 250
_GROUPS = 2
# Of the requests, as the how-to logs it.
_TENTH = 0.1
# After which the stand-in's log, too, has done what a turn gave it to do.
_TICK = 0.6
_PLAIN = "without"
# By name who logs, and what share of the requests.
_LOGGED = {
    "logged by the client": ("client", 1.0),
    "logged by the stand-in": ("server", 1.0),
    "a tenth logged by the client": ("client", _TENTH),
    "a tenth logged by the stand-in": ("server", _TENTH),
}
_GOAL = 1.03


class Log(NamedTuple):
    """A client's: its folder, and what share of the requests it logs."""

    folder: Path
    share: float


@dataclass(frozen=True)
class Turn:
    """Seconds of all requests, milliseconds of each, and seconds of CPU of client and server."""

    seconds: float
    milliseconds: list[float]
    cpu: float


# By name a turn of so many threads.
Turns: TypeAlias = dict[str, Callable[[int], Turn]]


@dataclass(frozen=True)
class Rounds:
    """A value a round: the median of a single thread, the rate of several, and the CPU of a request of either."""

    p50_ms: list[float]
    per_second: list[float]
    cpu_ms: list[float]


@click.command()
@click.option("--models", type=click.Path(exists=True, path_type=Path), default=Path("work/movielens/models"))
@click.option("--data", type=click.Path(path_type=Path), default=Path("data/movielens"), show_default=True)
@click.option("--rounds", default=15, show_default=True, help="In which the five take turns.")
def main(models: Path, data: Path, rounds: int) -> None:
    """Measures the five in turn."""
    asked = requests(read(movielens(data)), features.load(FEATURES), _CANDIDATES)[:_REQUESTS]
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        by_name = measured(
            [_group(stack, models, Path(name) / str(number), asked) for number in range(_GROUPS)], rounds
        )
    print_figures(figures(by_name, {"rounds": rounds, "requests": len(asked), "candidates": _CANDIDATES}))


def _group(stack: ExitStack, models: Path, folder: Path, asked: Sequence[RankRequest]) -> Turns:
    folder.mkdir()
    plain = _server(stack, models, folder / "plain.txt")
    made: Turns = {_PLAIN: partial(turn, plain, None, asked)}
    for name, (who, share) in _LOGGED.items():
        place = folder / f"{who}-{share:g}"
        if who == "client":
            made[name] = partial(turn, plain, Log(place, share), asked)
        else:
            flags = ("--request-log", place, "--log-share", share)
            logging = _server(stack, models, place.with_suffix(".txt"), *flags)
            made[name] = partial(turn, logging, None, asked)
            made[name](1)
    made[_PLAIN](1)
    return made


def _server(stack: ExitStack, models: Path, log: Path, *more: object) -> Server:
    flags = ("serve", models, "--name", NAME, "--port", 0, "--rest-port", 0, *more)
    server = Server("widedeep.pipeline.cli", *flags, log=log)
    stack.callback(server.stop)
    return server


def turn(server: Server, logged: Log | None, asked: Sequence[RankRequest], threads: int) -> Turn:
    """Asks for all rankings from so many threads; `logged` is the client's log, where it logs."""
    cpu = time.process_time() + _cpu_seconds(server.process.pid)
    with ExitStack() as stack:
        log = stack.enter_context(RequestLog(logged.folder, share=logged.share)) if logged else None
        client = stack.enter_context(RankingClient(server.target, model=NAME, deadline=30, log=log))

        def timed(request: RankRequest) -> float:
            started = time.perf_counter()
            client.rank(request.user, request.candidates)
            return 1000 * (time.perf_counter() - started)

        # Which connects.
        client.features()
        started = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            milliseconds = list(pool.map(timed, asked))
        seconds = time.perf_counter() - started
        time.sleep(_TICK)
    return Turn(seconds, milliseconds, time.process_time() + _cpu_seconds(server.process.pid) - cpu)


def _cpu_seconds(pid: int) -> float:
    """Of another process so far, to the nanosecond: /proc counts in hundredths of a second."""
    # The kernel's number of its clock, see clock_getcpuclockid(3).
    return time.clock_gettime((~pid << 3) | 2)


def measured(groups: Sequence[Turns], rounds: int) -> dict[str, Rounds]:
    """What each took by the round: the mean of its two turns.

    Args:
        groups: of stand-ins, which take turns by the round: all of the same names.
        rounds: each begins with another name, and takes them back in reverse.
    """
    names = list(groups[0])
    by_name = {name: Rounds([], [], []) for name in names}
    for number in range(rounds):
        turns = groups[number % len(groups)]
        forth = names[number % len(names) :] + names[: number % len(names)]
        taken: dict[str, list[tuple[Turn, Turn]]] = {name: [] for name in names}
        for name in forth + forth[::-1]:
            taken[name].append((turns[name](1), turns[name](_THREADS)))
        for name, both in taken.items():
            singles, several = zip(*both, strict=True)
            asked = sum(len(turn.milliseconds) for turn in (*singles, *several))
            by_name[name].p50_ms.append(statistics.mean(percentiles(single.milliseconds)["p50"] for single in singles))
            by_name[name].per_second.append(
                sum(len(turn.milliseconds) for turn in several) / sum(turn.seconds for turn in several)
            )
            by_name[name].cpu_ms.append(1000 * sum(turn.cpu for turn in (*singles, *several)) / asked)
    return by_name


def figures(by_name: dict[str, Rounds], details: dict[str, Any]) -> list[Figure]:
    """The ratios with a log to without, round by round."""
    made = []
    plain = by_name[_PLAIN]
    details = details | {name: asdict(rounds) for name, rounds in by_name.items()}
    p50, rate, cpu = (statistics.median(values) for values in (plain.p50_ms, plain.per_second, plain.cpu_ms))
    for name, (who, share) in _LOGGED.items():
        own, short = by_name[name], who if share == 1 else f"{who}_tenth"
        for what, ratios, unit, goal, without in (
            ("p50", _ratios(own.p50_ms, plain.p50_ms), "of p50 without", f"<= {_GOAL}", f"{p50:.3f} ms"),
            (
                "throughput",
                _ratios(own.per_second, plain.per_second),
                "of that without",
                f">= {2 - _GOAL:.2f}",
                f"{rate:.0f} requests/s",
            ),
            ("cpu", _ratios(own.cpu_ms, plain.cpu_ms), "of client's and server's", f"<= {_GOAL}", f"{cpu:.3f} ms"),
        ):
            low, _, high = statistics.quantiles(ratios, n=4, method="inclusive")
            against = f"{without}; half of the rounds {low:.3f} to {high:.3f}"
            made.append(Figure(f"log_cost_{short}_{what}", statistics.median(ratios), unit, goal, against, details))
            details = {}
    return made


def _ratios(own: Sequence[float], plain: Sequence[float]) -> list[float]:
    return [one / other for one, other in zip(own, plain, strict=True)]


if __name__ == "__main__":
    main()
