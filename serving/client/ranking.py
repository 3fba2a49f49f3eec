"""What a client hands back: candidates, best first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RankedCandidate:
    """A candidate by its index in the request, and its score: of a binary label the probability."""

    index: int
    score: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """What came of a request.

    Attributes:
        candidates: best first.
        version: of the model that scored them, where the server tells it.
        request_id: by which a request log names it, where there is one.
    """

    candidates: tuple[RankedCandidate, ...]
    version: int | None
    request_id: str | None = None


def best_first(
    scores: NDArray[np.float32], version: int | None, top_k: int | None, request_id: str | None = None
) -> Ranking:
    """Orders candidates by their scores.

    Equal scores stay in the order of the request, and those that are no number come last.

    Args:
        scores: of the candidates, [candidates].
        version: the model's.
        top_k: so many at most; None is all.
        request_id: the request's.
    """
    order = np.argsort(-scores, kind="stable")[:top_k]
    pairs = zip(order.tolist(), scores[order].tolist(), strict=True)
    return Ranking(tuple(RankedCandidate(index, score) for index, score in pairs), version, request_id)
