"""The columns that stand for scores and their rows in a table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from widedeep.components.common.errors import ConfigError
from widedeep.components.features.spec import Label

FILE, ROW, SCORE, CLASS = "file", "row", "score", "class"


def names(label: Label, keep: tuple[str, ...]) -> list[str]:
    """The columns of a table of scores: what is kept of the rows, else their file and number; and the scores.

    Raises:
        ConfigError: two would have one name.
    """
    of_scores = [CLASS, *_of_classes(label)] if label.classes else [SCORE]
    of_rows = list(keep) or [FILE, ROW]
    for name in keep:
        if name in of_scores or keep.count(name) > 1:
            why = "is named twice" if keep.count(name) > 1 else "is what a column of the scores is called"
            raise ConfigError(f"--keep {name}: {why}: leave it out, or rename the column.")
    return of_rows + of_scores


def table(
    label: Label, path: str, numbers: np.ndarray, kept: Mapping[str, pa.Array], scores: np.ndarray
) -> pa.RecordBatch:
    """Scores beside what says whose they are.

    Args:
        label: the declared one.
        path: the rows' file.
        numbers: int64 [n], the rows' in it.
        kept: columns of the rows; where there are none, file and number say which row it is.
        scores: float32 [n], or [n, classes].
    """
    columns: dict[str, pa.Array] = dict(kept)
    if not kept:
        columns = {FILE: pa.repeat(pa.scalar(path), len(numbers)), ROW: pa.array(numbers)}
    if label.classes:
        columns[CLASS] = pa.array(scores.argmax(axis=1))
        columns |= {name: pa.array(scores[:, number]) for number, name in enumerate(_of_classes(label))}
    else:
        columns[SCORE] = pa.array(scores)
    return pa.RecordBatch.from_pydict(columns)


def _of_classes(label: Label) -> list[str]:
    return [f"{SCORE}_{number}" for number in range(label.classes or 0)]
