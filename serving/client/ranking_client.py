"""Ranks candidates for a user by asking a server: TF Serving, or this package's stand-in for it.

It imports NumPy, gRPC and protobuf, and over REST httpx, but neither TensorFlow nor the classes of
tensorflow-serving-api, which import all of it: to be ready takes 0.3 s of a core, and with those 7.5.

    with RankingClient("localhost:8500", model="movielens") as client:
        ranking = client.rank({"user_id": "196", "age": 49}, [{"movie_id": "50"}, {"movie_id": "172"}])
        ranking.candidates[0]  # RankedCandidate(index=1, score=0.93): the second candidate is the best
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Literal

import numpy as np

from widedeep.components.common.errors import ConfigError
from widedeep.serving.client.candidate_columns import Part, Values, arrays, split
from widedeep.serving.client.errors import FeatureError, MismatchError, ServerAwayError
from widedeep.serving.client.ranking import Ranking, best_first
from widedeep.serving.client.signature import Features, features
from widedeep.serving.client.tls import Tls
from widedeep.serving.client.transport import Clock, PartScores, Place, Transport, until_available

if TYPE_CHECKING:
    from widedeep.serving.request_log import RequestLog

DEADLINE = 2.0


class RankingClient:
    """A connection to a server that ranks with one model. Threads may share it."""

    def __init__(
        self,
        target: str,
        *,
        model: str,
        transport: Literal["grpc", "rest"] = "grpc",
        version: int | None = None,
        label: str | None = None,
        deadline: float = DEADLINE,
        parallel: int = 1,
        tls: Tls | None = None,
        retry: bool = True,
        log: RequestLog | None = None,
    ) -> None:
        """Connects at the first call.

        Args:
            target: HOST:PORT of the server's gRPC or REST interface.
            model: its name there.
            transport: which interface.
            version: of the model; None is the one with the label, or else the latest.
            label: of a version.
            deadline: seconds that a call may take, all attempts included.
            parallel: into how many requests, sent at once, a call's candidates are cut.
            tls: for an encrypted connection.
            retry: whether a server that is away or busy is asked again until the deadline.
            log: of what is asked and answered.

        Raises:
            ConfigError: an argument is wrong.
        """
        _check(target, transport, version, label, deadline, parallel)
        self._place = Place(target, model, version, label)
        self._deadline, self._parallel, self._retry = deadline, parallel, retry
        self._features: Features | None = None
        self._log = log
        self._transport = _connect(transport, self._place, tls)

    def features(self) -> Features:
        """What the model ranks by, by name: asked once, and again when the server says that it has changed.

        Raises:
            RankingError: as `rank`.
        """
        return self._features or self._ask_features(self._clock())

    def rank(
        self, user: Values, candidates: Sequence[Values], top_k: int | None = None, request_id: str | None = None
    ) -> Ranking:
        """Orders candidates for a user.

        Args:
            user: values of the user and the moment, by feature: a str, a number, or for a set a sequence of str.
                A feature that is missing or None has no value.
            candidates: in the same way, each candidate's own.
            top_k: so many of the best; None is all.
            request_id: by which the log names the request; None: a new one.

        Raises:
            FeatureError: a value is of the wrong type or missing; UnknownFeatureError: a name is no feature.
            ModelError: there is no such model, or it can't rank.
            ServerAwayError: no server answers, however often it was asked before the deadline.
            DeadlineError: the server is too slow.
            ServerError: it fails, or refuses the request.
        """
        if top_k is not None and top_k < 1:
            raise ConfigError(f"top_k is {top_k}: give 1 or more, or None for all candidates.")
        if not candidates:
            return Ranking((), None)
        clock = self._clock()
        known = self._features
        if known is not None:
            try:
                return self._rank(known, user, candidates, top_k, clock, request_id)
            except (FeatureError, MismatchError):
                if self._ask_features(clock) == known:
                    raise
        return self._rank(self._features or self._ask_features(clock), user, candidates, top_k, clock, request_id)

    def _rank(
        self,
        known: Features,
        user: Values,
        candidates: Sequence[Values],
        top_k: int | None,
        clock: Clock,
        request_id: str | None,
    ) -> Ranking:
        tensors = arrays(known, user, candidates)
        parts = split(tensors, known, self._parallel)
        answers = self._scores(parts, None, clock)
        versions = {answer.version for answer in answers}
        if len(versions) > 1:
            # A version was replaced between the parts, and scores of two versions make no order.
            newest = max(version for version in versions if version is not None)
            old = [index for index, answer in enumerate(answers) if answer.version != newest]
            again = self._scores([parts[index] for index in old], newest, clock)
            for index, answer in zip(old, again, strict=True):
                answers[index] = answer
        version, scores = answers[0].version, np.concatenate([answer.scores for answer in answers])
        if self._log:
            request_id = request_id or uuid.uuid4().hex
            self._log.record(request_id, version, known, tensors, scores[np.newaxis])
        return best_first(scores, version, top_k, request_id)

    def _scores(self, parts: list[Part], version: int | None, clock: Clock) -> list[PartScores]:
        return until_available(
            lambda some: self._transport.scores(some, version, clock), parts, clock, retry=self._retry
        )

    def _ask_features(self, clock: Clock) -> Features:
        def ask(_: list[None]) -> list[Features | ServerAwayError]:
            try:
                return [features(self._transport.metadata(clock), str(self._place))]
            except ServerAwayError as error:
                return [error]

        [current] = until_available(ask, [None], clock, retry=self._retry)
        self._features = current
        return current

    def _clock(self) -> Clock:
        return Clock(self._deadline, self._place.server)

    def close(self) -> None:
        """Ends the connection."""
        self._transport.close()

    def __enter__(self) -> RankingClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _check(target: str, transport: str, version: int | None, label: str | None, deadline: float, parallel: int) -> None:
    host, _, port = target.rpartition(":")
    if not host or not port.isdigit() or "/" in host:
        raise ConfigError(f"target '{target}': give HOST:PORT, as localhost:8500.")
    if transport not in ("grpc", "rest"):
        raise ConfigError(f"transport '{transport}': give grpc or rest.")
    if version is not None and label is not None:
        raise ConfigError(f"version {version} and label '{label}': give one of them.")
    if not deadline > 0:
        raise ConfigError(f"deadline {deadline:g}: give seconds, more than 0.")
    if parallel < 1:
        raise ConfigError(f"parallel {parallel}: give 1 or more.")


def _connect(transport: str, place: Place, tls: Tls | None) -> Transport:
    # Each is imported only where it is used: httpx alone takes as long as all the rest.
    if transport == "rest":
        from widedeep.serving.client.rest_transport import RestTransport

        return RestTransport(place, tls)
    from widedeep.serving.client.grpc_transport import GrpcTransport

    return GrpcTransport(place, tls)
