"""Thousands of requests that are none: the server refuses each in the right form, keeps its memory, and goes on."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import subprocesses
from benchmarks.harness.figures import Figure
from benchmarks.serving.servers.processes import NAME, Server
from benchmarks.serving.traffic.rank_requests import RankRequest
from benchmarks.serving.version_check import TOLERANCE
from widedeep.components.common.errors import WideDeepError
from widedeep.serving.client import RankingClient

SEED = 20160624
# A leak of a tenth of what is sent, or of a thread's stack in a hundred requests, is beyond it.
_GROWTH = "<= 64"
_MIB = 1 << 20
_WARM_UP = 200
# Seconds for a good answer, on a machine that is busy with other things too.
_DEADLINE = 60


def measure(
    served: Server, home: Path, data: Path, base: Path, request: RankRequest, expected: np.ndarray, requests: int
) -> dict[str, Any]:
    """Sends them from a process of its own, and good ones before and after.

    Args:
        served: the server.
        home: folder for what is said.
        data: of MovieLens.
        base: folder of the model's versions.
        request: a good request.
        expected: its scores.
        requests: how many malformed ones.

    Returns:
        The client's answer, whether the server lives, and what was wrong with the answers to good requests afterwards.
    """
    settings, out = home / "malformed.json", home / "malformed-out.json"
    _wrong_answers(served, request, expected, _WARM_UP)
    given = {
        "target": served.target,
        "rest": served.rest,
        "pid": served.process.pid,
        "base": str(base),
        "data": str(data),
        "out": str(out),
    }
    settings.write_text(json.dumps(given | {"requests": requests, "seed": SEED}))
    subprocesses.run("benchmarks.serving.traffic.malformed_client", settings, log=home / "malformed.txt")
    wrong = _wrong_answers(served, request, expected, 1)
    outcome: dict[str, Any] = json.loads(out.read_text())
    return outcome | {"alive": served.alive, "wrong": wrong}


def _wrong_answers(served: Server, request: RankRequest, expected: np.ndarray, times: int) -> list[str]:
    wrong = []
    for transport, target in (("grpc", served.target), ("rest", served.rest)):
        try:
            with RankingClient(target, model=NAME, transport=transport, deadline=_DEADLINE) as client:  # type: ignore[arg-type]
                for _ in range(times):
                    ranked = client.rank(request.user, request.candidates).candidates
            scores = np.array([candidate.score for candidate in sorted(ranked, key=lambda candidate: candidate.index)])
            if not np.all(np.abs(scores - expected) <= TOLERANCE):
                wrong.append(f"{transport}: other scores")
        except WideDeepError as error:
            wrong.append(f"{transport}: {error}")
    return wrong


def figures(outcome: Mapping[str, Any]) -> list[Figure]:
    """How many answers were improper, and by how much the server's memory grew."""
    improper: Sequence[str] = [
        *outcome["improper"],
        *outcome["wrong"],
        *([] if outcome["alive"] else ["the server ended"]),
    ]
    details = {"seed": SEED, "sent": outcome["sent"], "said": outcome["said"], "improper": improper[:5]}
    # Before the first look every signature was run, and the model was loaded a second time. At a reload there are two
    # models for a while: medians pass over that.
    memory = [size / _MIB for size in outcome["memory"]]
    quarter = max(1, len(memory) // 4)
    growth = statistics.median(memory[-quarter:]) - statistics.median(memory[:quarter])
    against = f"{sum(outcome['sent'].values()):,} malformed requests, TF Serving's statuses"
    return [
        Figure("serving_malformed_improper", len(improper), "answers", "<= 0", against, details),
        Figure(
            "serving_malformed_memory_growth",
            growth,
            "MiB",
            _GROWTH,
            against,
            {"anonymous_mib": [round(size) for size in memory], "between": "medians of the first and last quarter"},
        ),
    ]
