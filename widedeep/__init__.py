"""Wide & Deep on TFX.

The package is the one name that an installation adds to Python: `components`, `pipeline` and `serving`, which lie at
the top of the repository, are links here and folders in the wheel. So no other project's `pipeline` is in the way.

What `__all__` names is the public interface: the client that asks a served model to rank. It needs no TensorFlow::

    from widedeep import RankingClient

    with RankingClient("localhost:8500", model="movielens") as client:
        ranking = client.rank({"user_id": "196", "age": 49}, [{"movie_id": "50"}, {"movie_id": "172"}])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from widedeep.components.common.errors import ConfigError, WideDeepError
    from widedeep.serving.client import (
        DeadlineError,
        Feature,
        FeatureError,
        ModelError,
        RankedCandidate,
        Ranking,
        RankingClient,
        RankingError,
        ServerAwayError,
        ServerError,
        Tls,
        UnknownFeatureError,
    )

__all__ = [
    "ConfigError",
    "DeadlineError",
    "Feature",
    "FeatureError",
    "ModelError",
    "RankedCandidate",
    "Ranking",
    "RankingClient",
    "RankingError",
    "ServerAwayError",
    "ServerError",
    "Tls",
    "UnknownFeatureError",
    "WideDeepError",
]


def __getattr__(name: str) -> Any:
    # Late, so that `widedeep --help` imports no gRPC.
    if name in __all__:
        from widedeep.serving import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
