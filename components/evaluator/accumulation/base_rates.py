"""Who knows nothing of a row and predicts the label's rate for all of them; and the two sides of a label."""

from __future__ import annotations

import numpy as np

from widedeep.components.features.spec import Label

# Chances below this one count as it, as Keras has it: a log loss is never infinite.
LEAST_CHANCE = 1e-7
# The rate of label 1, the mean label, or each class's rate, in what a model learned from.
Rates = tuple[float, ...]


def base_losses(kind: Label, rates: Rates, label: np.ndarray) -> np.ndarray:
    """What each label costs who predicts the rates: -log of its rate, or its squared distance from the mean.

    Args:
        kind: the declared label.
        rates: of it.
        label: float64 [n].

    Returns:
        float64 [n].
    """
    if kind.kind == "regression":
        return np.asarray((label - rates[0]) ** 2)
    chances = np.array(rates if kind.kind == "multiclass" else (1 - rates[0], rates[0]))
    return np.asarray(-np.log(np.clip(chances, LEAST_CHANCE, 1)))[label.astype(np.int64)]


def sides(kind: Label, rates: Rates, label: np.ndarray) -> np.ndarray:
    """Bool [n]: which rows are on the label's one side, named by `side_name`; none of a regression.

    A measure that needs both sides is only as sure as the rarer of them lets it be. Of classes the other side is the
    most frequent one.
    """
    if kind.kind == "binary":
        return label > 0
    if kind.kind == "multiclass" and rates:
        return np.asarray(label != np.argmax(rates))
    return np.zeros(label.size, bool)


def side_name(kind: Label, rates: Rates, first: bool) -> str | None:
    """What the rows of a side have: "label 1"; None of a label without sides.

    Args:
        kind: the declared label.
        rates: of it.
        first: the side that `sides` marks, or the other.
    """
    if kind.kind == "binary":
        return f"label {int(first)}"
    if kind.kind == "multiclass" and rates:
        frequent = int(np.argmax(rates))
        return f"a label other than {frequent}" if first else f"label {frequent}"
    return None
