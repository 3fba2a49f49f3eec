"""Candidates ranked by a server, as a DataFrame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from widedeep.components.common.errors import DataError
from widedeep.serving.client import RankingClient

if TYPE_CHECKING:
    import pandas as pd


def rank(
    target: str,
    user: Mapping[str, Any],
    candidates: pd.DataFrame,
    *,
    model: str,
    top: int | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Asks a server, TF Serving or `widedeep serve`, to rank candidates for a user.

    Args:
        target: HOST:PORT of its gRPC or REST interface.
        user: the user's features by name.
        candidates: a row each; columns that the model does not know are not sent.
        model: its name in the server.
        top: so many of the best; None: all.
        options: of the `RankingClient`, such as transport="rest" or deadline=1.0.

    Returns:
        The candidates best first, under their own index, with the column `score`.

    Raises:
        DataError: no column is a feature of a candidate.
        RankingError: the server does not answer, or not what was asked for.
    """
    with RankingClient(target, model=model, **options) as client:
        expected = [name for name, feature in client.features().items() if feature.side == "candidate"]
        known = [name for name in client.features() if name in candidates.columns]
        if not set(known) & set(expected):
            columns = ", ".join(map(str, candidates.columns))
            features = ", ".join(sorted(expected))
            raise DataError(f"candidates: have the columns {columns}, but a candidate's features are {features}.")
        rows = [_row(values, known) for values in candidates[known].itertuples(index=False, name=None)]
        ranking = client.rank(user, rows, top)
    best = candidates.iloc[[candidate.index for candidate in ranking.candidates]].copy()
    best["score"] = [candidate.score for candidate in ranking.candidates]
    return best


def _row(values: tuple[Any, ...], names: list[str]) -> dict[str, Any]:
    """A candidate, as JSON would have it."""
    return {name: _plain(value) for name, value in zip(names, values, strict=True)}


def _plain(value: Any) -> Any:
    """A cell of a DataFrame, whose words for no value are NaN, NaT and NA."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, str | list) or value is None:
        return value
    same = value == value
    # NA says of itself that nobody knows.
    return value if same is True else None
