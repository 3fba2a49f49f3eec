"""How much rows can tell: effective numbers of rows and groups, of all rows and of the label's rarer side."""

from __future__ import annotations

import numpy as np

from widedeep.components.evaluator.accumulation.accumulator import (
    ROWS,
    SIDE,
    SIDE_ROWS,
    SIDE_SQUARE,
    SQUARE,
    WEIGHT,
    Accumulator,
)
from widedeep.components.evaluator.accumulation.base_rates import side_name
from widedeep.components.evaluator.measurement import BaseComparison, Support, Supports
from widedeep.components.evaluator.statistics.jackknife import base_replicates, standard_error


def supports(accumulator: Accumulator) -> Supports:
    """What the accumulated rows can tell."""
    columns = accumulator.sums.T
    weight, rows, square = columns[WEIGHT], columns[ROWS], columns[SQUARE]
    every = _support(weight, rows, square, None)
    name, other_name = (side_name(accumulator.label, accumulator.rates, first) for first in (True, False))
    if name is None:
        return Supports(every=every, rarer=None)
    side, side_rows, side_square = columns[SIDE], columns[SIDE_ROWS], columns[SIDE_SQUARE]
    both = [
        _support(side, side_rows, side_square, name),
        # Differences of sums: what is left of rounding is no row.
        _support(np.where(rows > side_rows, weight - side, 0.0), rows - side_rows, square - side_square, other_name),
    ]
    return Supports(every=every, rarer=min(both, key=lambda support: (support.groups, support.count)))


def _support(weight: np.ndarray, rows: np.ndarray, square: np.ndarray, side: str | None) -> Support:
    """Of each group's summed weight, rows and summed squares of weights, float64 [GROUPS]."""
    return Support(
        rows=int(rows.sum()),
        count=effective(weight.sum(), square.sum()),
        groups=effective(weight.sum(), np.sum(weight**2)),
        side=side,
    )


def effective(total: float, squares: float) -> float:
    """Kish's effective number of weights: (sum w)^2 / sum w^2; 0 of none."""
    return float(total**2 / squares) if squares > 0 else 0.0


def base_comparison(accumulator: Accumulator) -> BaseComparison:
    """The model beside who knows the label's rates alone; an accumulator without rates compares with nothing."""
    base, above = base_replicates(accumulator)
    lies = accumulator.score_range
    return BaseComparison(
        metric="rmse" if accumulator.label.kind == "regression" else "logloss",
        value=float(base[0]),
        difference=float(above[0]),
        error=standard_error(above[1:]),
        constant=float(np.max(lies.highest)) if lies.constant else None,
        saturated=lies.saturated,
    )
