"""The dot plot: where dots and intervals lie on an axis that is zoomed to them, in per cent of it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from widedeep.pipeline.report.charts import Measurement, dot_plot

LARGEST = 1.7976931348623157e308


def test_the_axis_goes_from_the_smallest_to_the_largest():
    """Of 0.6 to 0.9, 0.75 is the half, 0.7 and 0.8 a third and two; ticks at each 0.1."""
    plot = dot_plot([Measurement(0.75, baseline=0.7), Measurement(0.6, baseline=0.8), Measurement(0.9)], line=0.75)
    assert [row.dot for row in plot.rows] == [50, 0, 100]
    assert [row.mark for row in plot.rows] == [33.3, 66.7, None]
    assert plot.line == 50
    assert [(tick.place, tick.label) for tick in plot.ticks] == [(0, "0.6"), (33.3, "0.7"), (66.7, "0.8"), (100, "0.9")]


def test_small_differences_show():
    """25 slices from 0.70 to 0.80 lie apart: each step is a twenty-fourth of the axis."""
    plot = dot_plot([Measurement(0.7 + 0.1 * place / 24) for place in range(25)])
    assert [row.dot for row in plot.rows] == [round(100 * place / 24, 1) for place in range(25)]


def test_intervals_are_whole_where_they_are_alike():
    """0.4 to 1 holds all: 0.5 is a sixth of it."""
    plot = dot_plot([Measurement(0.5, (0.4, 0.6)), Measurement(0.9, (0.8, 1.0))])
    assert [row.whisker for row in plot.rows] == [(0, 33.3), (66.7, 100)]
    assert [row.caps for row in plot.rows] == [(0, 33.3), (66.7, 100)]
    assert not plot.cut


def test_a_very_long_interval_is_cut():
    """Values of 0.7 to 0.8 let an interval reach 0.1 farther, to 0.6 and 0.9, and no cap is where it goes on."""
    measurements = [Measurement(0.7, (0.69, 0.71)), Measurement(0.8, (0.79, 0.81)), Measurement(0.75, (0.1, 0.85))]
    plot = dot_plot(measurements)
    assert plot.cut
    # The axis: 0.6 to 0.85.
    assert plot.rows[2].whisker == (0, 100)
    assert plot.rows[2].caps == (100,)
    assert [row.dot for row in plot.rows] == [40, 80, 60]


def test_a_single_value_keeps_its_interval():
    """With no values to zoom in on, the intervals' usual length is the measure."""
    plot = dot_plot([Measurement(0.75, (0.7, 0.8)), Measurement(0.75, (0.7, 0.8))], line=0.75)
    assert [row.whisker for row in plot.rows] == [(0, 100)] * 2
    assert [row.dot for row in plot.rows] == [50, 50]


def test_equal_values_lie_in_the_middle():
    assert [row.dot for row in dot_plot([Measurement(0.5), Measurement(0.5)]).rows] == [50, 50]


def test_what_is_missing_is_not_drawn():
    plot = dot_plot([Measurement(None), Measurement(0.5, (0.25, 0.75))])
    assert plot.rows[0] == dot_plot([Measurement(None)]).rows[0]
    assert (plot.rows[0].dot, plot.rows[0].mark, plot.rows[0].whisker, plot.rows[0].caps) == (None, None, None, ())
    assert plot.line is None
    assert dot_plot([Measurement(None)]).ticks == ()
    assert dot_plot([]).rows == []


FLOATS = st.floats(allow_nan=False, allow_infinity=False)
MAYBE = st.none() | FLOATS


@given(st.lists(st.builds(Measurement, MAYBE, st.none() | st.tuples(FLOATS, FLOATS), MAYBE)), MAYBE)
@example([Measurement(-LARGEST, (-LARGEST, LARGEST), LARGEST), Measurement(0.0, (-LARGEST, 5e-324))], 5e-324)
@example([Measurement(0.0, (0.0, 5e-324), 5e-324)], 0.0)
def test_everything_lies_on_the_axis(measurements, line):
    plot = dot_plot(measurements, line)
    assert [row.dot is None for row in plot.rows] == [measurement.value is None for measurement in measurements]
    places = [tick.place for tick in plot.ticks]
    assert places == sorted(set(places))
    for row in plot.rows:
        places += [place for place in (row.dot, row.mark, *(row.whisker or ()), *row.caps) if place is not None]
    assert all(0 <= place <= 100 for place in places)
    assert len({tick.label for tick in plot.ticks}) == len(plot.ticks)
