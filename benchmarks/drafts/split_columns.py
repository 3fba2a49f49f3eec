"""The rows of a run's splits as columns, of the features that its draft declares."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from widedeep.components.common.errors import WideDeepError
from widedeep.components.features.spec import FeatureSpec

_HOUR = 3600
# 1970 began on a Thursday.
_FIRST_WEEKDAY = 3


@dataclass(frozen=True)
class SplitColumns:
    """Rows of a split.

    Attributes:
        numbers: float64 [n] by key, NaN where a row has none; of a time its hour and weekday, of UTC.
        categories: texts by key, None where a row has none.
        label: float64 [n], 0 or 1.
    """

    numbers: dict[str, np.ndarray]
    categories: dict[str, pd.Series]
    label: np.ndarray

    @classmethod
    def read(cls, workdir: Path, split: str, spec: FeatureSpec) -> SplitColumns:
        """What ExampleGen wrote in a working directory of one run.

        Raises:
            WideDeepError: a feature is a set, which these columns have no place for.
        """
        from widedeep.components.evaluator.rails.split_rows import SplitRows

        files = workdir.glob(f"artifacts/ExampleGen/examples/*/Split-{split}/*")
        rows = SplitRows.read([str(path) for path in files], at_most=1 << 40)
        numbers: dict[str, np.ndarray] = {}
        categories: dict[str, pd.Series] = {}
        for feature in spec.features:
            if feature.kind == "set":
                raise WideDeepError(f"'{feature.key}' is a set, and LightGBM has one value a row and column here")
            column = rows.column(feature.key)
            if feature.kind == "categorical":
                values = pd.Series([None] * rows.count, dtype=object)
                values[column.rows] = [value.decode() for value in column.values.to_pylist()]
                categories[feature.key] = values
                continue
            values = np.full(rows.count, np.nan)
            values[column.rows] = column.values.to_numpy()
            if feature.rest:
                rest = rows.column(feature.rest)
                values[rest.rows] += rest.values.to_numpy()
            numbers |= _parts(feature.key, values) if feature.kind == "time" else {feature.key: values}
        return cls(numbers, categories, rows.numbers(spec.label.key))


def _parts(key: str, seconds: np.ndarray) -> dict[str, np.ndarray]:
    days = seconds // (24 * _HOUR)
    return {f"{key}_hour": seconds // _HOUR % 24, f"{key}_weekday": (days + _FIRST_WEEKDAY) % 7}
