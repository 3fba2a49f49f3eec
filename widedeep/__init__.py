"""Wide & Deep on TFX.

The package is the one name that an installation adds to Python: `components`, `pipeline` and `serving`, which lie at
the top of the repository, are links here and folders in the wheel. So no other project's `pipeline` is in the way.

What `widedeep.serving.client` exports is the public interface, which stands here, too: the client that asks a served
model to rank. It needs no TensorFlow::

    from widedeep import RankingClient

    with RankingClient("localhost:8500", model="movielens") as client:
        ranking = client.rank({"user_id": "196", "age": 49}, [{"movie_id": "50"}, {"movie_id": "172"}])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from widedeep.serving.client import *  # noqa: F403


def __getattr__(name: str) -> Any:
    # Late, so that `widedeep --help` imports no gRPC; and only for classes, as all of them are, since Python asks for
    # `components` and the like here too, before it looks for a module.
    if name == "__all__" or name[0].isupper():
        from widedeep.serving import client

        if name == "__all__":
            return client.__all__
        if name in client.__all__:
            return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    from widedeep.serving import client

    return sorted({*globals(), *client.__all__})
