"""Whether later rows bring ids that no earlier row has: of these a model knows what it knows of no id at all."""

from __future__ import annotations

import numpy as np

from widedeep.pipeline.drafting.gains.folds import Half
from widedeep.pipeline.drafting.reading.columns import Codes


def new_ids(column: Codes, earlier: Half) -> float:
    """The share of the later rows whose value no earlier row has.

    Args:
        column: of a value a row.
        earlier: which of all rows are the earlier ones.
    """
    known = np.zeros(column.size, bool)
    of_earlier = earlier[column.rows]
    known[column.codes[of_earlier]] = True
    return float(np.mean(~known[column.codes[~of_earlier]])) if np.any(~of_earlier) else 0.0
