"""A client of benchmarks/serving/suite.py: RankingClient in some threads, as fast as answers come.

    python -m benchmarks.serving.traffic.load_generator TARGET TRANSPORT REQUESTS.json

REQUESTS: a list of {user, candidates}. Each line of the standard input is a command of JSON, with the arguments of
`load`; each line of the output is its answer.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, cast

from benchmarks.serving.servers.processes import NAME
from widedeep.components.common.errors import WideDeepError
from widedeep.serving.client import RankingClient

# Under saturation an answer takes its time, which is to be seen, not to be cut off.
_DEADLINE = 20.0
_WARM_UP = 0.3


def load(rank: Callable[[int], object], threads: int, seconds: float) -> dict[str, Any]:
    """Calls `rank` in so many threads for so long, after a warm-up, with rising numbers.

    Returns:
        milliseconds: of each call that ended within the time, in no order.
        failed: how many failed, by the kind of error.
    """
    start = threading.Barrier(threads)
    number = itertools.count()
    taken: list[float] = []
    failed: Counter[str] = Counter()

    def ask() -> None:
        warm = time.monotonic() + _WARM_UP
        while time.monotonic() < warm:
            _tried(rank, next(number), failed)
        start.wait()
        deadline = time.monotonic() + seconds
        while (began := time.monotonic()) < deadline:
            ok = _tried(rank, next(number), failed)
            ended = time.monotonic()
            if ok and ended <= deadline:
                taken.append(1000 * (ended - began))

    running = [threading.Thread(target=ask) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return {"milliseconds": [round(milliseconds, 3) for milliseconds in taken], "failed": dict(failed)}


def _tried(rank: Callable[[int], object], number: int, failed: Counter[str]) -> bool:
    try:
        rank(number)
    except WideDeepError as error:
        failed[type(error).__name__] += 1
        return False
    return True


def main() -> None:
    """Does what it is told until the input ends."""
    target, transport, file = sys.argv[1:]
    requests: list[dict[str, Any]] = json.loads(Path(file).read_text())
    for line in sys.stdin:
        told = json.loads(line)
        with RankingClient(
            target,
            model=NAME,
            transport=cast("Literal['grpc', 'rest']", transport),
            deadline=_DEADLINE,
            parallel=told["parallel"],
        ) as client:

            def rank(number: int, client: RankingClient = client) -> object:
                request = requests[number % len(requests)]
                return client.rank(request["user"], request["candidates"])

            answer = load(rank, told["threads"], told["seconds"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
