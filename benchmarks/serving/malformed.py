"""Thousands of requests that are none: the server refuses each in the right form, keeps its memory, and goes on."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import fresh
from benchmarks.harness.reporting import Figure
from benchmarks.serving.servers.processes import NAME, Served
from benchmarks.serving.swap import TOLERANCE
from benchmarks.serving.traffic.rows import Asked
from widedeep.components.common.errors import WideDeepError
from widedeep.serving.client.ranking_client import RankingClient

SEED = 20160624
# A leak of a tenth of what is sent, or of a thread's stack in a hundred requests, is beyond it.
_GROWTH = "<= 64"
_MIB = 1 << 20
_WARM_UP = 200


def measure(
    served: Served, home: Path, data: Path, base: Path, asked: Asked, expected: np.ndarray, requests: int
) -> dict[str, Any]:
    """Sends them from a process of its own, and good ones before and after.

    Args:
        served: the server.
        home: folder for what is said.
        data: of MovieLens.
        base: folder of the model's versions.
        asked: a good request.
        expected: its scores.
        requests: how many broken ones.

    Returns:
        The client's answer, whether the server lives, and what was wrong with the answers to good requests afterwards.
    """
    settings, out = home / "broken.json", home / "broken-out.json"
    _asked_rightly(served, asked, expected, _WARM_UP)
    given = {
        "target": served.target,
        "rest": served.rest,
        "pid": served.process.pid,
        "base": str(base),
        "data": str(data),
        "out": str(out),
    }
    settings.write_text(json.dumps(given | {"requests": requests, "seed": SEED}))
    fresh.run("benchmarks.serving.traffic.broken", settings, log=home / "broken.txt")
    wrong = _asked_rightly(served, asked, expected, 1)
    found: dict[str, Any] = json.loads(out.read_text())
    return found | {"alive": served.alive, "wrong": wrong}


def _asked_rightly(served: Served, asked: Asked, expected: np.ndarray, times: int) -> list[str]:
    wrong = []
    for transport, target in (("grpc", served.target), ("rest", served.rest)):
        try:
            with RankingClient(target, model=NAME, transport=transport, deadline=10) as client:  # type: ignore[arg-type]
                for _ in range(times):
                    ranked = client.rank(asked.user, asked.candidates).ranked
            scores = np.array([one.score for one in sorted(ranked, key=lambda one: one.index)])
            if not np.all(np.abs(scores - expected) <= TOLERANCE):
                wrong.append(f"{transport}: other scores")
        except WideDeepError as error:
            wrong.append(f"{transport}: {error}")
    return wrong


def figures(found: Mapping[str, Any]) -> list[Figure]:
    """How many answers were improper, and by how much the server's memory grew."""
    improper: Sequence[str] = [*found["improper"], *found["wrong"], *([] if found["alive"] else ["the server ended"])]
    details = {"seed": SEED, "sent": found["sent"], "said": found["said"], "improper": improper[:5]}
    # Before the first look every signature was run, and the model was loaded a second time. At a reload there are two
    # models for a while: medians pass over that.
    memory = [size / _MIB for size in found["memory"]]
    quarter = max(1, len(memory) // 4)
    growth = statistics.median(memory[-quarter:]) - statistics.median(memory[:quarter])
    against = f"{sum(found['sent'].values()):,} broken requests, TF Serving's statuses"
    return [
        Figure("serving_malformed_improper", len(improper), "answers", "<= 0", against, details),
        Figure(
            "serving_malformed_memory_growth",
            growth,
            "MiB",
            _GROWTH,
            against,
            {"resident_mib": [round(size) for size in memory], "between": "medians of the first and last quarter"},
        ),
    ]
