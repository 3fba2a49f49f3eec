"""Times as files write them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa

from widedeep.pipeline.drafting.reading.columns import Floats, numbers_of
from widedeep.pipeline.drafting.reading.counts import Counts
from widedeep.pipeline.drafting.rules.names import says_time

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|UTC|[+-]\d{2}:?\d{2}))?)?")
# 1990 to 2100, in seconds and in milliseconds.
_SECONDS = (631_152_000, 4_102_444_800)
SECONDS, MILLISECONDS, ISO, STORED = "in seconds since 1970", "in milliseconds since 1970", "as ISO 8601", "as such"
UNITS = {MILLISECONDS: "ms"}
_TRIED = 1000
_HOUR = 3600


def time_format(name: str, counts: Counts, column: pa.Array, wanted: bool) -> str | None:
    """How a column writes times; None where it has none.

    Args:
        name: the column's.
        counts: of it.
        column: its sample, as strings.
        wanted: whether a person says that it has times.
    """
    if counts.storage == "time":
        return STORED
    if counts.many or not len(column) or pa.types.is_null(column.type):
        return None
    if counts.numeric and counts.whole and (wanted or says_time(name)):
        for form, scale in ((SECONDS, 1), (MILLISECONDS, 1000)):
            if _SECONDS[0] * scale <= counts.low and counts.high <= _SECONDS[1] * scale:
                return form
    if counts.numeric:
        return None
    texts = column.drop_null().slice(0, _TRIED).to_pylist()
    return ISO if texts and all(_ISO.fullmatch(text.strip()) for text in texts) else None


def seconds(column: pa.Array, form: str) -> Floats:
    """Seconds since 1970; NaN where there is none."""
    if form == SECONDS:
        return numbers_of(column)
    if form == MILLISECONDS:
        return numbers_of(column) / 1000
    parsed = pd.to_datetime(column.to_pandas(), errors="coerce", utc=True, format="ISO8601")
    values = (parsed - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    return np.asarray(values, np.float64)


def parts(moments: Floats) -> tuple[str, ...]:
    """Hour and weekday, in UTC, where the rows have several."""
    present = moments[~np.isnan(moments)]
    found = {"hour": present // _HOUR % 24, "weekday": present // (24 * _HOUR) % 7}
    return tuple(part for part, values in found.items() if len(np.unique(values)) > 1)
