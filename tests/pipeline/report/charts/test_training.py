"""The training curve as lines to draw. Places: x from 46 to 346, y from 180 to 14."""

# ruff: noqa: RUF001 (the report writes real minus signs)

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from widedeep.pipeline.report.charts.lines import BOTTOM, LEFT, RIGHT, TOP, WIDTH
from widedeep.pipeline.report.charts.training import HEIGHT, training_charts


def test_a_missing_value_parts_the_line():
    losses = [0.5, 0.4, None, 0.3, None, 0.2, 0.1]
    [chart] = training_charts(range(1, 8), {"loss": losses})
    (line,) = chart.lines
    assert [len(part.split()) for part in line.parts] == [2, 2]
    assert [dot.tip for dot in line.dots] == [
        f"train, epoch {epoch}: {loss:.4f}" for epoch, loss in enumerate(losses, 1) if loss
    ]


def test_one_epoch_is_a_dot_in_the_middle():
    [chart] = training_charts([1], {"loss": [0.5]})
    assert chart.lines[0].parts == []
    assert chart.lines[0].dots[0].x == LEFT + (WIDTH - LEFT - RIGHT) / 2
    assert [(tick.place, tick.label) for tick in chart.x.ticks] == [(196.0, "1")]


def test_many_epochs_have_a_line_and_few_ticks():
    [chart] = training_charts(range(1, 101), {"loss": [1 / epoch for epoch in range(1, 101)]})
    assert chart.lines[0].dots == []
    assert [tick.label for tick in chart.x.ticks] == ["20", "40", "60", "80", "100"]


def test_of_many_epochs_one_between_gaps_is_a_dot():
    losses = [0.5] * 50 + [None, 0.25, None] + [0.5] * 50
    [chart] = training_charts(range(103), {"loss": losses})
    assert [len(part.split()) for part in chart.lines[0].parts] == [50, 50]
    assert [dot.x for dot in chart.lines[0].dots] == [round(46 + 51 / 102 * 300, 1)]


def test_equal_values_lie_in_the_middle():
    """0.5 twice lies half way between 14 and 180."""
    [chart] = training_charts([1, 2], {"loss": [0.5, 0.5]})
    assert chart.lines[0].parts == ["46,97 346,97"]


def test_the_kept_epoch_and_the_words():
    [chart] = training_charts([1, 2, 3], {"logloss": [0.6, 0.4, 0.5], "loss": [0.7, None, 0.3]}, kept=2)
    assert chart.kept == 196
    assert chart.text == "train: 0.7000 in epoch 1 to 0.3000 in epoch 3; eval: 0.6000 in epoch 1 to 0.5000 in epoch 3."


def test_two_charts_at_most_and_none_of_nothing():
    values = {measure: [1.0] for measure in ("accuracy", "auc", "rmse", "loss")}
    assert [chart.title for chart in training_charts([1], values)] == ["Loss", "AUC"]
    assert training_charts([1], {"loss": [None], "mae": [0.5]}) == []
    assert training_charts([], {"loss": []}) == []


def test_the_smallest_loss_that_a_float_can_have():
    """0 and 5e-324, whose fifth is 0 to a float."""
    [chart] = training_charts([1, 2], {"loss": [0.0, 5e-324]})
    assert chart.lines[0].parts == ["46,180 346,14"]
    assert [tick.label for tick in chart.y.ticks] == ["0", "1e−324", "2e−324", "3e−324", "4e−324", "5e−324"]


VALUES = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(st.integers(-(2**53), 2**53), VALUES, VALUES)))
@example([(1, 0.0, 5e-324), (2, 5e-324, None)])
@example([(1, -1.7e308, 1.7e308)])
def test_every_curve_is_drawn_in_its_box(curve):
    epochs, losses, loglosses = ([*column] for column in zip(*curve, strict=True)) if curve else ([], [], [])
    charts = training_charts(epochs, {"loss": losses, "logloss": loglosses})
    assert len(charts) == any(value is not None for value in (*losses, *loglosses))
    for chart in charts:
        dots = [(dot.x, dot.y) for line in chart.lines for dot in line.dots]
        ends = [
            tuple(map(float, pair.split(","))) for line in chart.lines for part in line.parts for pair in part.split()
        ]
        assert dots or ends
        for x, y in dots + ends:
            assert LEFT <= x <= WIDTH - RIGHT
            assert TOP <= y <= HEIGHT - BOTTOM
