"""What gRPC and REST have in common for a client: one interface, and one set of errors."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from widedeep.components.common.errors import reason
from widedeep.serving.client.candidate_columns import Part
from widedeep.serving.client.errors import (
    DeadlineError,
    MismatchError,
    ModelError,
    RankingError,
    ServerAwayError,
    ServerError,
)
from widedeep.serving.client.signature import RANK, Metadata
from widedeep.serving.tensors import Array

# Pauses between attempts, in seconds.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
# What gRPC says of a message that no attempt makes smaller, under the code that a busy server answers with too.
_TOO_LARGE = "larger than max"
Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Place(NamedTuple):
    """Which model of which server is asked; `version` and `label` are not given both."""

    server: str
    model: str
    version: int | None
    label: str | None

    def __str__(self) -> str:
        which = f", version {self.version}" if self.version is not None else ""
        return f"{self.server}: model '{self.model}'{which}" + (f", label '{self.label}'" if self.label else "")


class Clock:
    """How long a call may still take."""

    def __init__(self, seconds: float, server: str) -> None:
        self._seconds, self._server = seconds, server
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds; 0 when they are over."""
        return max(0.0, self._end - time.monotonic())

    def late(self) -> DeadlineError:
        """The error, when they are over."""
        return DeadlineError(
            f"{self._server} did not answer within {self._seconds:g} s. Give it more time, or less to do."
        )


class PartScores(NamedTuple):
    """The scores of a part's c candidates, float32 [c], and the version that made them, where the server tells it."""

    scores: Array
    version: int | None


class Transport(Protocol):
    """A connection to a server. Thread-safe."""

    def metadata(self, clock: Clock) -> Metadata:
        """The model's signatures. Raises RankingError."""

    def scores(self, parts: Sequence[Part], version: int | None, clock: Clock) -> list[PartScores | ServerAwayError]:
        """The scores of parts of a request, sent at once; for each its own answer. Raises any other RankingError.

        Args:
            parts: of one request.
            version: instead of the one that is asked otherwise.
            clock: the call's.
        """

    def close(self) -> None:
        """Ends the connection."""


def failure(code: str, details: str, place: Place, clock: Clock, served: Sequence[str] = ()) -> RankingError:
    """The error for a status.

    Args:
        code: as gRPC names it.
        details: the server's words.
        place: that was asked.
        clock: the call's.
        served: the models that it has, where it tells them.
    """
    error = _failure(code, details, place, clock, served)
    error.code = code
    return error


def _failure(code: str, details: str, place: Place, clock: Clock, served: Sequence[str]) -> RankingError:
    if code == "UNAVAILABLE" and "Failed parsing HTTP/2" in details:
        return ServerError(
            f"{place.server} answers, but does not speak gRPC. If it is the REST port (TF Serving's is 8501), ask it "
            "with --rest; the gRPC port is 8500 where none was chosen."
        )
    if code == "UNAVAILABLE":
        return ServerAwayError(f"{place.server} is not available: {reason(details)}. Is a server running there?")
    if code == "RESOURCE_EXHAUSTED" and _TOO_LARGE not in details:
        return ServerAwayError(
            f"{place.server} has no room for the request: {reason(details)}. Send fewer at once, or give the server "
            "more threads (TF Serving's --grpc_max_threads)."
        )
    if code == "DEADLINE_EXCEEDED":
        return clock.late()
    if code == "NOT_FOUND":
        has = f" The server has: {', '.join(served)}." if served else ""
        return ModelError(f"{place} is not served: {reason(details)}.{has}", tuple(served))
    if code in ("INVALID_ARGUMENT", "FAILED_PRECONDITION"):
        return MismatchError(f"{place} refuses the request: {reason(details)}.")
    return ServerError(f"{place} failed with {code}: {reason(details)}.")


def part_scores(scores: object, version: int | None, part: Part, place: Place) -> PartScores:
    """Checks an answer.

    Raises:
        ServerError: it has not one number for each candidate.
    """
    try:
        array = np.asarray(scores, np.float32)
    except (TypeError, ValueError):
        array = np.empty(0, np.float32)
    if array.shape != (1, part.candidates):
        raise ServerError(f"{place}: its signature '{RANK}' gave no score for each of {part.candidates} candidates.")
    return PartScores(array[0], version)


def until_available(
    ask: Callable[[list[Item]], list[Answer | ServerAwayError]], items: Sequence[Item], clock: Clock, *, retry: bool
) -> list[Answer]:
    """Asks, and asks those again to which the server was away, after longer and longer pauses.

    Args:
        ask: gives an answer for each of the items it gets.
        items: what to ask.
        clock: the call's.
        retry: else it asks once.

    Raises:
        ServerAwayError: it is still away when the time is over.
        DeadlineError: the last try took too long; the message says what the one before it came to.
    """
    answers: dict[int, Answer] = {}
    pending = list(range(len(items)))
    away: ServerAwayError | None = None
    for pause in _pauses():
        try:
            asked = ask([items[index] for index in pending])
        except DeadlineError as error:
            if away:
                error.args = (f"{error} Before that: {away}",)
            raise
        away = None
        for index, answer in zip(pending, asked, strict=True):
            if isinstance(answer, ServerAwayError):
                away = answer
            else:
                answers[index] = answer
        if away is None:
            break
        if not retry or pause >= clock.left():
            raise away
        pending = [index for index in pending if index not in answers]
        time.sleep(pause)
    return [answers[index] for index in range(len(items))]


def _pauses() -> Iterator[float]:
    """Each up to twice the one before, and by chance less, so that many clients do not come back at once."""
    longest = _FIRST_PAUSE
    while True:
        yield longest * random.uniform(0.5, 1)  # noqa: S311
        longest = min(2 * longest, _LONGEST_PAUSE)
