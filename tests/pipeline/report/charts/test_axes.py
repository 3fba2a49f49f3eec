"""An axis over any range that floats can have. Expected places and labels are reckoned by hand."""

# ruff: noqa: RUF001 (the report writes real minus signs)

from __future__ import annotations

import sys
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from widedeep.pipeline.report.charts.axes import Axis

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
LARGEST, SMALLEST = sys.float_info.max, 5e-324


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0, 1], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([0.2, 0.6], ["0.2", "0.3", "0.4", "0.5", "0.6"]),
        # 0.30000000000000004 needs no tick below it.
        ([0.1 + 0.2, 0.6], ["0.3", "0.4", "0.5", "0.6"]),
        ([-1, 3], ["−1", "0", "1", "2", "3"]),
        ([0, 4200], ["0", "1,000", "2,000", "3,000", "4,000", "5,000"]),
        # Equal values lie in the middle of a tenth of them, up and down; zeros of the air.
        ([0.5, 0.5], ["0.44", "0.46", "0.48", "0.50", "0.52", "0.54", "0.56"]),
        ([0, 0], ["−0.010", "−0.005", "0.000", "0.005", "0.010"]),
        # Six digits are not enough to tell these apart, so they are drawn as equal.
        ([1, 1.00001], ["0.85", "0.90", "0.95", "1.00", "1.05", "1.10", "1.15"]),
        ([1234, 1235], ["1,234.0", "1,234.2", "1,234.4", "1,234.6", "1,234.8", "1,235.0"]),
        ([0, 2e7], ["0", "5.0e+6", "1.0e+7", "1.5e+7", "2.0e+7"]),
        # Ticks that no float is near to: the largest lies below 2e308, the smallest above 1e-324.
        ([0, SMALLEST], ["0", "1e−324", "2e−324", "3e−324", "4e−324", "5e−324"]),
        ([-1.7e308, 1.7e308], ["−2e+308", "−1e+308", "0", "1e+308", "2e+308"]),
    ],
)
def test_rounded(values, labels):
    assert [tick.label for tick in Axis.rounded(values, 0, 100).ticks] == labels


@pytest.mark.parametrize(
    ("values", "least_step", "labels"),
    [
        ([1, 100], 1, ["20", "40", "60", "80", "100"]),
        ([1, 2], 1, ["1", "2"]),
        ([1], 1, ["1"]),
        ([0.66, 0.84], 0, ["0.70", "0.75", "0.80"]),
        ([-3, -1.5], 0, ["−3.0", "−2.5", "−2.0", "−1.5"]),
        ([-LARGEST, LARGEST], 0, ["−1e+308", "0", "1e+308"]),
    ],
)
def test_fitted(values, least_step, labels):
    axis = Axis.fitted(values, 0, 100, air=0.5, least_step=least_step)
    assert [tick.label for tick in axis.ticks] == labels


def test_places():
    """From 180 at 0.2 up to 14 at 0.6: 0.3 lies a quarter of 166 above 180."""
    axis = Axis.rounded([0.2, 0.6], 180, 14)
    assert [axis.place(value) for value in (0.2, 0.3, 0.4, 0.6)] == [180, 138.5, 97, 14]
    assert [tick.place for tick in axis.ticks] == [180, 138.5, 97, 55.5, 14]


def test_beyond_the_axis():
    axis = Axis.fitted([1, 3], 0, 100)
    assert [axis.place(value) for value in (0.5, LARGEST)] == [0, 100]
    assert [axis.holds(value) for value in (0.999, 1, 3, 3.001)] == [False, True, True, False]


@given(st.lists(FLOATS, min_size=1))
@example([0.0, SMALLEST])
@example([SMALLEST, SMALLEST])
@example([-SMALLEST, 0.0])
@example([-LARGEST, LARGEST])
@example([LARGEST])
@example([1e308, LARGEST])
@example([1.0, 1.0000000000000002])
@example([123456789.0, 123456790.0])
@pytest.mark.parametrize("kind", [Axis.rounded, Axis.fitted])
def test_every_range_has_an_axis(kind, values):
    """Every value and every tick lies on it in order, and a tick's label is its value, whatever floats there are."""
    axis = kind(values, 0, 300)
    places = [axis.place(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(axis.holds(value) for value in values) or kind == Axis.rounded
    assert places[0] >= 0
    assert places[-1] <= 300
    ticks = [tick.place for tick in axis.ticks]
    assert ticks == sorted(set(ticks))
    assert 0 <= ticks[0] <= ticks[-1] <= 300
    assert 2 <= len(ticks) <= 8
    said = [Decimal(tick.label.replace("−", "-").replace(",", "")) for tick in axis.ticks]
    assert said == sorted(set(said))
    for value, place in zip(said, ticks, strict=True):
        assert float((value - axis.low) / (axis.high - axis.low)) * 300 == pytest.approx(place, abs=0.051)


@given(st.lists(FLOATS, min_size=1))
def test_a_rounded_axis_ends_at_ticks_around_the_values(values):
    axis = Axis.rounded(values, 0, 300)
    assert (axis.ticks[0].place, axis.ticks[-1].place) == (0, 300)
    # To a billionth of a step, as 0.30000000000000004 needs no other tick than 0.3.
    noise = (axis.high - axis.low) * Decimal("1e-9")
    assert axis.low - noise <= Decimal(repr(min(values)))
    assert Decimal(repr(max(values))) <= axis.high + noise
