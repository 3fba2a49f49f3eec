"""Whether rows of one combination of values have one label: then what was seen of it once says what it is."""

from __future__ import annotations

import numpy as np

from widedeep.pipeline.drafting.reading.columns import Codes, Floats


def agreement(cells: Codes, label: Floats) -> float:
    """How much oftener two rows of one combination have the same label than any two rows: 1 always, 0 no oftener.

    Cohen's kappa of pairs of rows (Cohen 1960); 0, too, where fewer than a tenth of the rows share their combination.

    Args:
        cells: combinations, of rows.
        label: of all rows, 0 or 1.
    """
    rows = np.bincount(cells.codes, minlength=cells.size)
    if rows[rows > 1].sum() < 0.1 * len(label):
        return 0.0
    positives = np.bincount(cells.codes, label[cells.rows], cells.size)
    negatives = rows - positives
    same = (positives * (positives - 1) + negatives * (negatives - 1)).sum() / (rows * (rows - 1.0)).sum()
    by_chance = label.mean() ** 2 + (1 - label.mean()) ** 2
    return float((same - by_chance) / (1 - by_chance))
