"""Requests that come when they come, and not when the one before has been answered.

A client that waits for an answer before it asks again asks a slow server less often, and never measures the time that
others would have waited meanwhile (coordinated omission). Here the moments are drawn beforehand, as a Poisson process
of the given rate: the pauses are independent and exponential, as those between users who know nothing of each other. A
latency runs from a request's own moment to its answer, whatever kept it from being sent.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from widedeep.components.common.errors import WideDeepError

Request = TypeVar("Request")


@dataclass
class Traffic:
    """What became of the requests.

    Attributes:
        latencies: seconds of each that was answered, from its moment.
        delays: seconds from each one's moment until this client came to send it.
        errors: how many failed, by the code of the server's answer.
        examples: a message for each of these.
        seconds: from the first moment to the last answer.
    """

    latencies: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def sent(self) -> int:
        """Requests that have ended, one way or the other."""
        return len(self.latencies) + self.errors.total()


def moments(rate: float, seconds: float, seed: int) -> Iterator[float]:
    """When requests come, in seconds from the start: a Poisson process.

    Args:
        rate: requests a second, on average.
        seconds: none comes later.
        seed: of the pauses.
    """
    draw = random.Random(seed)  # noqa: S311
    moment = draw.expovariate(rate)
    while moment < seconds:
        yield moment
        moment += draw.expovariate(rate)


def send(ask: Callable[[Request], object], requests: Iterable[Request], due: Iterable[float], threads: int) -> Traffic:
    """Sends each request at its moment, in any of so many threads. When interrupted it returns what there is.

    Args:
        ask: sends a request and waits for the answer; raises WideDeepError where it fails.
        requests: at least as many as moments.
        due: their moments, rising, in seconds from now.
        threads: requests that may be in flight; more wait for a thread, which their latency shows.
    """
    traffic, lock = Traffic(), threading.Lock()
    start = time.monotonic()

    def timed(request: Request, moment: float) -> None:
        delay = time.monotonic() - start - moment
        try:
            ask(request)
            error = None
        except WideDeepError as failed:
            error = failed
        ended = time.monotonic() - start
        with lock:
            traffic.delays.append(delay)
            traffic.seconds = max(traffic.seconds, ended)
            if error is None:
                traffic.latencies.append(ended - moment)
            else:
                code = getattr(error, "code", None) or type(error).__name__
                traffic.errors[code] += 1
                traffic.examples.setdefault(code, str(error))

    with ThreadPoolExecutor(threads, "bench") as pool:
        try:
            for request, moment in zip(requests, due, strict=False):
                time.sleep(max(0.0, start + moment - time.monotonic()))
                pool.submit(timed, request, moment)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
    return traffic
