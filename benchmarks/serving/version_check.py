"""Whether an answer is wholly of the version that it names: parts of two models must not be put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from widedeep.components.common.errors import WideDeepError
from widedeep.serving.client import Ranking

# As far as served scores may be from those of another process.
TOLERANCE = 1e-5


@dataclass
class Observations:
    """What the clients got. Filled by several threads."""

    answers: int = 0
    failed: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    newest: int = 0
    seconds: list[float] = field(default_factory=list)  # of each swap, until it was seen
    memory: list[int] = field(default_factory=list)  # resident bytes of the server, now and then

    def add(self, ranking: Ranking, expected: Sequence[np.ndarray], milliseconds: float) -> None:
        """One more answer; `expected` as in `fault`."""
        self.answers += 1
        self.milliseconds.append(milliseconds)
        self.newest = max(self.newest, ranking.version or 0)
        wrong = fault(ranking, expected)
        if wrong:
            self.mixed.append(wrong)


def fault(ranking: Ranking, expected: Sequence[np.ndarray]) -> str | None:
    """What is wrong with an answer; None where all of it is of the version that it names.

    Args:
        ranking: the answer.
        expected: scores float [candidates] of even versions, then of odd versions.
    """
    if ranking.version is None:
        return "no version"
    wanted = expected[ranking.version % 2]
    scores = np.full(len(wanted), np.nan)
    for candidate in ranking.candidates:
        scores[candidate.index] = candidate.score
    # Not a comparison that a NaN would slip through.
    apart = np.abs(scores - wanted)
    if np.all(apart <= TOLERANCE):
        return None
    others = int(np.sum(np.abs(scores - expected[1 - ranking.version % 2]) <= TOLERANCE))
    return f"version {ranking.version}: {others} of {len(wanted)} scores are the other model's"


def check_apart(expected: Sequence[np.ndarray]) -> None:
    """Raises WideDeepError where a score of the two models is too near the other's to tell them apart."""
    if np.min(np.abs(expected[0] - expected[1])) <= 2 * TOLERANCE:
        raise WideDeepError("The two models give a candidate the same score. Train them with other seeds.")
