"""Asks a running server, TF Serving or `widedeep serve`, to rank candidates for a user.

    python examples/rank.py localhost:8500 movielens '{"user_id": "196"}' '[{"movie_id": "50"}, {"movie_id": "172"}]'

It imports no TensorFlow. A feature that is left out counts as missing.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from widedeep.serving.client.ranking_client import RankingClient


def rank(target: str, model: str, user: dict[str, Any], candidates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The candidates, the best first, with their scores."""
    with RankingClient(target, model=model, deadline=10.0) as client:
        ranking = client.rank(user, candidates)
    return [{**candidates[ranked.index], "score": ranked.score} for ranked in ranking.candidates]


if __name__ == "__main__":
    target, model, user, candidates = sys.argv[1:]
    for row in rank(target, model, json.loads(user), json.loads(candidates)):
        print(json.dumps(row))
