"""How the model is trained, by how many rows there are, and whether crosses decide the label."""

from __future__ import annotations

from typing import Any

# Of Frappe's users and apps it is 1, since negatives are drawn from what a user never had; of any two columns of
# MovieLens and Adult 0.32 at most, of taxi trips, whose way of payment says nearly all, 0.86.
_BY_HEART = 0.98


def training(rows: int, agreement: float) -> tuple[dict[str, Any], str]:
    """Settings for `training` of pipeline.yaml, and why.

    Args:
        rows: of the train split, about.
        agreement: of a cross, the greatest.
    """
    if agreement > _BY_HEART:
        # Chosen on eval over Frappe, where negatives are drawn from what a user never had.
        by_heart = {"wide": {"learning_rate": 0.3, "l1": 0, "l2": 1}, "deep": {"dropout": 0.3, "embedding_l2": 3}}
        return {"epochs": 20, "patience": 2} | by_heart, "rows of one combination of a cross have the same label"
    if rows < 20_000:
        return {"epochs": 20, "patience": 3}, "few rows: many short epochs, of which the best counts"
    if rows < 500_000:
        return {"epochs": 10, "patience": 2}, "the best of up to 10 epochs counts"
    return {"epochs": 3}, "rows enough for three epochs"
