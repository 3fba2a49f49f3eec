"""How the model is trained, by how many rows there are, whether crosses decide the label, and how new ids are."""

from __future__ import annotations

from typing import Any

# Of Frappe's users and apps it is 1, since negatives are drawn from what a user never had; of any two columns of
# MovieLens and Adult 0.32 at most, of taxi trips, whose way of payment says nearly all, 0.86.
_BY_HEART = 0.98
# Of MovieLens' ratings in time it is 0.85: nearly all users of later ratings are new.
_NEW_IDS = 0.5


def training(rows: int, agreement: float, new_ids: float = 0.0) -> tuple[dict[str, Any], str]:
    """Settings for `training` of pipeline.yaml, and why.

    Args:
        rows: of the train split, about.
        agreement: of a cross, the greatest.
        new_ids: see `new_ids`, of a column, the greatest.
    """
    settings, why = _passes(rows, agreement)
    if new_ids > _NEW_IDS:
        settings["deep"] = settings.get("deep", {}) | {"embedding_dropout": 0.5}
        why += f"; {new_ids:.0%} of later rows have an id that no earlier one has"
    return settings, why


def _passes(rows: int, agreement: float) -> tuple[dict[str, Any], str]:
    if agreement > _BY_HEART:
        # Chosen on eval over Frappe, where negatives are drawn from what a user never had.
        by_heart = {"wide": {"learning_rate": 0.3, "l1": 0, "l2": 1}, "deep": {"dropout": 0.3, "embedding_l2": 3}}
        return {
            "epochs": 20,
            "patience": 2,
            "batch_size": 1024,
        } | by_heart, "rows of one combination of a cross have the same label"
    if rows < 20_000:
        return {"epochs": 20, "patience": 3}, "few rows: many short epochs, of which the best counts"
    if rows < 500_000:
        return {"epochs": 10, "patience": 2}, "the best of up to 10 epochs counts"
    return {"epochs": 3}, "rows enough for three epochs"
