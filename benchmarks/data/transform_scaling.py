"""What transform.py says of its measurements: what each row costs, beside what a run costs anyway."""

from __future__ import annotations

import itertools
import os
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.harness.figures import Figure
from widedeep.components.common.errors import WideDeepError

FEW_ROWS = 100
_GOAL = "<= 1.2"
_AGAINST = f"both sizes, less what {FEW_ROWS} rows cost"


@dataclass(frozen=True)
class Cost:
    """Of one run of Transform.

    Attributes:
        seconds: of the component.
        peak_mib: largest resident memory of the process and its children.
        start_mib: resident before it began, with TFX imported.
    """

    seconds: float
    peak_mib: float
    start_mib: float


@dataclass(frozen=True)
class Point:
    """One size.

    Attributes:
        rows: of all splits.
        mode: of Beam.
        whole: what they cost.
        few: what a few rows cost in this mode.
    """

    rows: int
    mode: str
    whole: Cost
    few: Cost

    @property
    def seconds(self) -> float:
        """What the rows themselves took."""
        return self.whole.seconds - self.few.seconds

    @property
    def mib(self) -> float:
        """What the rows themselves took of memory."""
        return self.whole.peak_mib - self.few.peak_mib


def figures(points: list[Point]) -> list[Figure]:
    """Rates and peaks of each size, and how neighbouring sizes compare.

    Args:
        points: the sizes, rising.

    Raises:
        WideDeepError: more rows did not take longer, at the last two sizes or against a few rows.
    """
    made = []
    for point in points:
        details = asdict(point) | {"few_rows": FEW_ROWS, "cpus": os.cpu_count()}
        rate, largest = point.rows / point.whole.seconds, point.whole.peak_mib
        made.append(Figure(f"transform_rows_per_second_{point.rows}", rate, "rows/s", None, "other sizes", details))
        made.append(Figure(f"transform_peak_memory_{point.rows}", largest, "MiB", None, "other sizes", details))
    for small, large in itertools.pairwise(points):
        made += _more(small, large)
    if len(points) > 1:
        made.append(_linearity(*points[-2:]))
    return made


def _more(small: Point, large: Point) -> list[Figure]:
    """What each row more costs."""
    sizes, more = f"{small.rows}_to_{large.rows}", large.rows - small.rows
    seconds, mib = large.seconds - small.seconds, large.mib - small.mib
    time, memory = _details(small, large, "seconds"), _details(small, large, "mib")
    return [
        Figure(f"transform_extra_row_{sizes}", 1e6 * seconds / more, "microseconds", None, _AGAINST, time),
        Figure(f"transform_memory_extra_row_{sizes}", 1024 * mib / more, "KiB", None, _AGAINST, memory),
    ]


def _linearity(small: Point, large: Point) -> Figure:
    """The larger size's time for a row over the smaller's."""
    if not 0 < small.seconds < large.seconds:
        told = ", ".join(f"{point.whole.seconds:.1f} s for {point.rows:,}" for point in (small, large))
        raise WideDeepError(
            f"Transform took {small.few.seconds:.1f} s for {FEW_ROWS} rows, {told}: the machine is too busy, or the "
            "sizes are too small, to compare them. Run this again when it is idle."
        )
    ratio = (large.seconds / large.rows) / (small.seconds / small.rows)
    name = f"transform_time_a_row_{small.rows}_to_{large.rows}"
    return Figure(name, ratio, "of the smaller's", _GOAL, _AGAINST, _details(small, large, "seconds"))


def _details(small: Point, large: Point, what: str) -> dict[str, Any]:
    pair = (small, large)
    return {what: [getattr(point, what) for point in pair], "modes": [point.mode for point in pair]}
