"""How the model is trained, by how many rows there are."""

from __future__ import annotations

from typing import Any


def training(rows: int) -> tuple[dict[str, Any], str]:
    """Settings for `training` of pipeline.yaml, and why.

    Args:
        rows: of the train split, about.
    """
    if rows < 20_000:
        return {"epochs": 20, "patience": 3}, "few rows: many short epochs, of which the best counts"
    if rows < 500_000:
        return {"epochs": 10, "patience": 2}, "the best of up to 10 epochs counts"
    return {"epochs": 3}, "rows enough for three epochs"
