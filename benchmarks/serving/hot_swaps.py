"""Versions replaced again and again while clients ask: no request may fail, and no answer may be of two models."""

from __future__ import annotations

import os
import shutil
import statistics
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.harness.figures import Figure
from benchmarks.harness.memory import resident
from benchmarks.serving.latency import percentiles
from benchmarks.serving.servers.processes import NAME, Server
from benchmarks.serving.traffic.rank_requests import RankRequest
from benchmarks.serving.version_check import Observations
from widedeep.components.common.errors import WideDeepError
from widedeep.serving.client import RankingClient

# Each thread cuts its candidates into so many requests: parts of two versions must not be put together.
_PARALLEL = (1, 1, 2, 2)
# Without a pause the clients would take the processors that load the next version.
_PAUSE = 0.02
_SWAP_SECONDS = 60.0
# No swap begins later; where fewer were made, the figures say so.
_ALL_SECONDS = 300.0


def hard_link_copy(source: Path, target: Path) -> None:
    """A copy of a model that takes no room."""
    shutil.copytree(source, target, copy_function=os.link)


def measure(
    served: Server, base: Path, models: Sequence[Path], request: RankRequest, expected: Sequence[np.ndarray], swaps: int
) -> Observations:
    """Replaces the version in `base`, 1, by 2, 3 and so on, each as soon as the one before was seen in an answer.

    Args:
        served: looks at `base`.
        base: folder of versions.
        models: of even versions, then of odd versions, on the same file system.
        request: what all clients ask.
        expected: its scores by each of the models.
        swaps: how many.
    """
    seen, stop = Observations(), threading.Event()
    threads = [
        threading.Thread(target=_keep_asking, args=(served, parallel, request, expected, seen, stop))
        for parallel in _PARALLEL
    ]
    for thread in threads:
        thread.start()
    try:
        _swap(served, base, models, swaps, seen)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    return seen


def _swap(served: Server, base: Path, models: Sequence[Path], swaps: int, seen: Observations) -> None:
    end = time.monotonic() + _ALL_SECONDS
    for version in range(2, swaps + 2):
        if time.monotonic() > end:
            return
        made = base.with_name(f"{base.name}-next")
        hard_link_copy(models[version % 2], made)
        started = time.monotonic()
        made.rename(base / str(version))
        while seen.newest < version:
            if time.monotonic() - started > _SWAP_SECONDS or not served.alive:
                seen.failed.append(f"version {version} did not come within {_SWAP_SECONDS:g} s")
                return
            time.sleep(0.01)
        seen.seconds.append(time.monotonic() - started)
        if version % 10 == 1:
            seen.memory.append(resident(served.process.pid))
            click.echo(f"  version {version}: {seen.answers:,} answers", err=True)


def _keep_asking(
    served: Server,
    parallel: int,
    request: RankRequest,
    expected: Sequence[np.ndarray],
    seen: Observations,
    stop: threading.Event,
) -> None:
    with RankingClient(served.target, model=NAME, parallel=parallel, deadline=10) as client:
        while not stop.is_set():
            started = time.monotonic()
            try:
                ranking = client.rank(request.user, request.candidates)
            except WideDeepError as error:
                seen.failed.append(f"{type(error).__name__}: {error}")
            else:
                seen.add(ranking, expected, 1000 * (time.monotonic() - started))
            stop.wait(_PAUSE)


def figures(seen: Observations, swaps: int) -> list[Figure]:
    """Requests that failed, and answers that were not wholly of the version that they named."""
    details: dict[str, Any] = {
        "swaps": len(seen.seconds),
        "swaps_wanted": swaps,
        "answers": seen.answers,
        "clients": len(_PARALLEL),
        "milliseconds": percentiles(seen.milliseconds),
        "resident_mib": [size >> 20 for size in seen.memory],
        "median_swap_s": round(statistics.median(seen.seconds), 2) if seen.seconds else None,
    }
    against = f"{len(seen.seconds)} swaps of two models under load; scores of a process by itself"
    return [
        Figure(
            "serving_swap_failed", len(seen.failed), "requests", "<= 0", against, details | {"said": seen.failed[:5]}
        ),
        Figure("serving_swap_mixed", len(seen.mixed), "answers", "<= 0", against, details | {"said": seen.mixed[:5]}),
    ]
