"""What a client hands back: candidates, best first."""

from __future__ import annotations

from collections.abc import Sequence
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
    """The candidates best first, and the version of the model that scored them, where the server tells it."""

    candidates: tuple[RankedCandidate, ...]
    version: int | None


def best_first(parts: Sequence[NDArray[np.float32]], version: int | None, top_k: int | None) -> Ranking:
    """Orders candidates by their scores.

    Equal scores stay in the order of the request, and those that are no number come last.

    Args:
        parts: the scores of the candidates, one part after the other, each [candidates].
        version: the model's.
        top_k: so many at most; None is all.
    """
    scores = np.concatenate(parts)
    order = np.argsort(-scores, kind="stable")[:top_k]
    pairs = zip(order.tolist(), scores[order].tolist(), strict=True)
    return Ranking(tuple(RankedCandidate(index, score) for index, score in pairs), version)
