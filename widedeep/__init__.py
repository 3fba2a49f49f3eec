"""Wide & Deep on TFX.

The package is the one name that an installation adds to Python: `components`, `pipeline` and `serving`, which lie at
the top of the repository, are links here and folders in the wheel. So no other project's `pipeline` is in the way.

The public interface stands here, too. What the commands do, with pandas' DataFrames in and out::

    import widedeep

    run = widedeep.run(widedeep.init(rows, label="liked", out="schema/mine"))
    scores = widedeep.score(run.pushed_to, rows, keep=["user_id", "movie_id"])
    best = widedeep.rank("localhost:8500", {"user_id": "196", "age": 49}, movies, model="movielens")

And the client that asks a served model to rank, which needs neither pandas nor TensorFlow::

    from widedeep import RankingClient

    with RankingClient("localhost:8500", model="movielens") as client:
        ranking = client.rank({"user_id": "196", "age": 49}, [{"movie_id": "50"}, {"movie_id": "172"}])
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from widedeep.pipeline.interface.drafts import init as init
    from widedeep.pipeline.interface.rankings import rank as rank
    from widedeep.pipeline.interface.runs import run as run
    from widedeep.pipeline.interface.scores import score as score
    from widedeep.serving.client import *  # noqa: F403

# Each with its module in `widedeep.pipeline.interface`.
_FUNCTIONS = {"init": "drafts", "rank": "rankings", "run": "runs", "score": "scores"}


def __getattr__(name: str) -> Any:
    # Late, so that `widedeep --help` imports no gRPC; and only for these names and for classes, as all others are,
    # since Python asks for `components` and the like here too, before it looks for a module.
    if name in _FUNCTIONS:
        return getattr(importlib.import_module(f"widedeep.pipeline.interface.{_FUNCTIONS[name]}"), name)
    if name == "__all__" or name[0].isupper():
        from widedeep.serving import client

        if name == "__all__":
            return sorted([*client.__all__, *_FUNCTIONS])
        if name in client.__all__:
            return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    from widedeep.serving import client

    return sorted({*globals(), *client.__all__, *_FUNCTIONS})
