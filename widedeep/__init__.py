"""Wide & Deep on TFX.

The package is the one name that an installation adds to Python: `components`, `pipeline` and `serving`, which lie at
the top of the repository, are links here and folders in the wheel. So no other project's `pipeline` is in the way.

`RankingClient` is all that a program needs to ask a served model; it imports no TensorFlow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from widedeep.serving.client.ranking_client import RankingClient

__all__ = ["RankingClient"]


def __getattr__(name: str) -> Any:
    # Late, so that `widedeep --help` imports no gRPC.
    if name == "RankingClient":
        from widedeep.serving.client.ranking_client import RankingClient

        return RankingClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
