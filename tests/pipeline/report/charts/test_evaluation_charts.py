"""ROC, precision, calibration and residuals as lines to draw. Places: x from 46 to 346, y from 254 to 14."""

# ruff: noqa: RUF001 (the report writes real minus signs)

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from widedeep.pipeline.report.charts import Share, calibration_chart, precision_chart, residual_chart, roc_chart
from widedeep.pipeline.report.charts.lines import FLOOR, LEFT, RIGHT, TOP, WIDTH

LARGEST = 1.7976931348623157e308


def test_roc():
    """0.25 lies at x 121 and 0.75 at y 74."""
    curves = {"candidate": [(0, 0), (0.25, 0.75), (1, 1)], "baseline": [(0, 0), (0.5, 0.75), (1, 1)]}
    chart = roc_chart(curves, {"candidate": 0.75, "baseline": None})
    assert [(line.name, line.look, line.parts, line.dots) for line in chart.lines] == [
        ("baseline", "dashed", ["46,254 196,74 346,14"], []),
        ("candidate", "solid", ["46,254 121,74 346,14"], []),
    ]
    assert chart.reference == (46, 254, 346, 14)
    assert chart.text == "candidate: AUC 0.7500; baseline: AUC n/a."
    assert [tick.label for tick in chart.x.ticks] == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]


def test_precision_of_one_model():
    chart = precision_chart({"candidate": [(0.5, 1), (1, 0.5)], "baseline": []}, {"candidate": 0.5})
    assert [line.parts for line in chart.lines] == [["196,14 346,134"]]
    assert chart.reference is None
    assert chart.text == "candidate: PR-AUC 0.5000."


@pytest.mark.parametrize("curves", [{}, {"candidate": []}, {"another": [(0, 0), (1, 1)]}])
def test_without_points_there_is_no_chart(curves):
    assert roc_chart(curves, {}) is None


def test_a_calibrated_model_lies_on_the_diagonal():
    """On axes from 0 to 1: 0.5 lies at (196, 134); an interval's end beyond them is cut."""
    shares = [Share(0.1, 0.1, -0.4, 0.2), Share(0.5, 0.5, 0.5, 0.5), Share(0.9, 0.9, 0.8, 1.4)]
    chart = calibration_chart({"candidate": shares}, sure=False)
    assert chart.lines[0].parts == ["76,230 196,134 316,38"]
    assert chart.reference == (LEFT, FLOOR, WIDTH - RIGHT, TOP)
    assert chart.lines[0].whiskers == [(76, 254, 206), (196, 134, 134), (316, 62, 14)]


def test_residuals():
    """Bins at -1, 0 and 1, of which the middle one holds half: x 196 and y 14 on an axis that ends at 0.5."""
    shares = {"candidate": [0.25, 0.5, 0.25], "baseline": [0.5, 0.25, 0.25]}
    chart = residual_chart([-1, 0, 1], shares)
    assert [line.parts for line in chart.lines] == [["46,14 196,134 346,134"], ["46,134 196,14 346,134"]]
    assert chart.reference == (196, FLOOR, 196, TOP)
    assert chart.text == "candidate: most rows near 0.00; baseline: most rows near −1.00."
    assert residual_chart([1, 2], {"candidate": [0.5, 0.5]}).reference is None


@pytest.mark.parametrize(
    ("middles", "shares"), [([], {}), ([1], {}), ([1, 2], {"candidate": [1]}), ([], {"candidate": []})]
)
def test_residuals_that_say_nothing(middles, shares):
    assert residual_chart(middles, shares) is None


FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.builds(Share, FLOATS, FLOATS, FLOATS, FLOATS), max_size=10))
@example([Share(-LARGEST, LARGEST, -LARGEST, LARGEST), Share(0, 5e-324, 0, 0)])
def test_calibration_lies_in_the_box(shares):
    chart = calibration_chart({"candidate": shares}, sure=False)
    assert (chart is None) == (not shares)
    for line in chart.lines if chart else []:
        assert len(line.dots) == len(shares)
        for dot in line.dots:
            assert LEFT <= dot.x <= WIDTH - RIGHT
            assert TOP <= dot.y <= FLOOR
        for x, low, high in line.whiskers:
            assert LEFT <= x <= WIDTH - RIGHT
            assert TOP <= high <= FLOOR
            assert TOP <= low <= FLOOR


@given(st.lists(st.tuples(FLOATS, FLOATS), min_size=1))
@example([(-LARGEST, 0.0), (LARGEST, 5e-324)])
def test_residuals_lie_in_the_box(bins):
    middles, shares = zip(*bins, strict=True)
    chart = residual_chart(middles, {"candidate": shares})
    assert (chart is None) == (not any(shares))
    for line in chart.lines if chart else []:
        ends = [tuple(map(float, pair.split(","))) for part in line.parts for pair in part.split()]
        for x, y in ends + [(dot.x, dot.y) for dot in line.dots]:
            assert LEFT <= x <= WIDTH - RIGHT
            assert TOP <= y <= FLOOR


@given(st.lists(st.tuples(FLOATS, FLOATS), min_size=1))
def test_rates_lie_in_the_box(points):
    """A rate beyond 0 and 1, that there can not be, lies on the edge."""
    [line] = precision_chart({"candidate": points}, {}).lines
    ends = [tuple(map(float, pair.split(","))) for part in line.parts for pair in part.split()]
    assert all(LEFT <= x <= WIDTH - RIGHT and TOP <= y <= FLOOR for x, y in ends)
