"""What rows cost beside what a run costs anyway: worked out by hand."""

from __future__ import annotations

import re

import pytest

from benchmarks.data import transform_scaling
from benchmarks.data.transform_scaling import Cost, Point
from benchmarks.harness.figures import Figure
from widedeep.components.common.errors import WideDeepError


def _values(figures: list[Figure]) -> dict[str, float]:
    return {figure.name: figure.value for figure in figures}


def test_transform_is_compared_by_what_its_rows_took() -> None:
    memory, processes = Cost(20.0, 900.0, 800.0), Cost(50.0, 2100.0, 800.0)
    points = [
        Point(1_000, "in_memory", Cost(21.0, 1000.0, 800.0), memory),
        Point(10_000, "in_memory", Cost(30.0, 1100.0, 800.0), memory),
        Point(110_000, "multi_processing", Cost(182.0, 4300.0, 800.0), processes),
    ]
    figures = transform_scaling.figures(points)
    values = _values(figures)
    assert values["transform_rows_per_second_110000"] == pytest.approx(110_000 / 182)
    assert values["transform_peak_memory_10000"] == 1100.0
    # 10 s for 10,000 rows, then 132 s for 110,000, which at the same rate would be 110.
    assert values["transform_time_a_row_10000_to_110000"] == pytest.approx(1.2)
    # 9 s for 9,000 rows more; 2,200 MiB less 200 for 100,000 rows more.
    assert values["transform_extra_row_1000_to_10000"] == pytest.approx(1000)
    assert values["transform_memory_extra_row_10000_to_110000"] == pytest.approx(20.48)
    goals = {figure.name for figure in figures if figure.goal}
    assert goals == {"transform_time_a_row_10000_to_110000"}


@pytest.mark.parametrize(("small", "large"), [(29.0, 39.0), (35.0, 34.0)])
def test_a_machine_too_busy_to_compare_sizes_is_told(small: float, large: float) -> None:
    few = Cost(30.0, 900.0, 800.0)
    sizes = {10_000: small, 100_000: large}
    points = [Point(rows, "in_memory", Cost(seconds, 1.0, 1.0), few) for rows, seconds in sizes.items()]
    took = f"took 30.0 s for 100 rows, {small} s for 10,000, {large} s for 100,000: the machine is too busy"
    with pytest.raises(WideDeepError, match=f"{re.escape(took)}.* Run this again"):
        transform_scaling.figures(points)
    assert len(transform_scaling.figures(points[1:])) == 2
