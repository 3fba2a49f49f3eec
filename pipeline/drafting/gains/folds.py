"""Two halves of the sample, of which each measures what was learned from the other: cut as the splits will be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from widedeep.pipeline.drafting.reading.columns import Codes, Floats

Half = npt.NDArray[np.bool_]


def halves(rows: int, time: Floats | None, person: Codes | None) -> Half:
    """Which rows are the first half: the earlier ones, half of the persons, or half of the rows.

    What can be learned by heart alone, as who will buy next week, then shows no gain.
    """
    random = np.random.default_rng(2)
    if time is not None:
        return np.nan_to_num(time, nan=-np.inf) <= np.nanmedian(time)
    if person is not None:
        first: Half = random.random(person.size) < 0.5
        return first[person.codes]
    return random.random(rows) < 0.5
