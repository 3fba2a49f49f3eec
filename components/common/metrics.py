"""The metrics of a model by our names, and which way each is better."""

from __future__ import annotations

from collections.abc import Iterable

# Whether more is better; None: neither. In the order in which they are shown: the first that a label has is its main
# one. A regression's error is in the label's unit, a log loss in nats. Those from `gauc` on are of lists of rows.
HIGHER_IS_BETTER: dict[str, bool | None] = {
    "auc": True,
    "auc_pr": True,
    "rmse": False,
    "mae": False,
    "logloss": False,
    "accuracy": True,
    "calibration": None,
    "gauc": True,
    "ndcg": True,
    "recall": True,
    "mrr": True,
    "hit": True,
}
# Metrics of a list's first places, of which the name says how many: ndcg@10.
AT_PLACES = ("ndcg", "recall", "hit")
_ORDER = list(HIGHER_IS_BETTER)


def family(name: str) -> str:
    """What a metric is, without the number of places: ndcg of ndcg@10."""
    head, _, places = name.partition("@")
    return head if head in AT_PLACES and places.isdecimal() else name


def is_metric(name: str) -> bool:
    """Whether there is such a metric."""
    return family(name) in HIGHER_IS_BETTER


def is_of_lists(name: str) -> bool:
    """Whether a metric is one of lists of rows."""
    return family(name) in _ORDER[_ORDER.index("gauc") :]


def higher_is_better(name: str) -> bool | None:
    """Whether more is better; None: neither, or no such metric is known."""
    return HIGHER_IS_BETTER.get(family(name))


def in_order(names: Iterable[str]) -> list[str]:
    """The metrics among some names, the main one first."""
    return sorted(filter(is_metric, dict.fromkeys(names)), key=_place)


def _place(name: str) -> tuple[int, int]:
    places = name.partition("@")[2]
    return _ORDER.index(family(name)), int(places or 0)
