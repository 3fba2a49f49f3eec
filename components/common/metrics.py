"""The metrics of a model by our names, and which way each is better."""

from __future__ import annotations

from collections.abc import Iterable

# Whether more is better; None: neither. In the order in which they are shown: the first that a label has is its main
# one. A regression's error is in the label's unit, a log loss in nats.
HIGHER_IS_BETTER: dict[str, bool | None] = {
    "auc": True,
    "auc_pr": True,
    "rmse": False,
    "mae": False,
    "logloss": False,
    "accuracy": True,
    "calibration": None,
}


def in_order(names: Iterable[str]) -> list[str]:
    """The metrics among some names, the main one first."""
    present = set(names)
    return [metric for metric in HIGHER_IS_BETTER if metric in present]
