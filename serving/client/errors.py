"""What can go wrong when a server is asked to rank: each message says what, where, the value and the remedy."""

from __future__ import annotations

from widedeep.components.common.errors import WideDeepError


class RankingError(WideDeepError):
    """No ranking, for one of the reasons below.

    Attributes:
        code: the status that the server answered with, by gRPC's name or as "HTTP 500"; None where it gave none.
    """

    code: str | None = None


class ServerAwayError(RankingError):
    """No server answers, or it says that it can't for now. The only one that asking again may mend."""


class DeadlineError(RankingError):
    """The answer did not come in time."""


class ModelError(RankingError):
    """The server has no such model, or one that can't rank.

    Attributes:
        served: the names of the models that it has, where it tells them.
    """

    def __init__(self, message: str, served: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.served = served


class FeatureError(RankingError):
    """A value of the user or of a candidate that the model can't take."""


class UnknownFeatureError(FeatureError):
    """A name that is no feature of the model."""


class ServerError(RankingError):
    """The server refuses the request, or fails."""


class MismatchError(ServerError):
    """The server says that the request does not fit the model."""
